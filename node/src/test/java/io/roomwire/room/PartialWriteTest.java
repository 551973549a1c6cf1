package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.Deflate;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Frames;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.UserId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Real sockets that take a part of a write: what goes past the pipeline and what waits must not mix. */
class PartialWriteTest {
    /** Of up to 600 KB: the kernel takes a small write whole or not at all. */
    private static final int FRAMES = 60;

    private static final UserId USER = new UserId("user");

    @Test
    void onEpollEveryByteArrivesInOrder() throws Exception {
        assumeTrue(Epoll.isAvailable(), "this machine has no epoll");
        everyByteArrivesInOrder(EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
    }

    @Test
    void onNioEveryByteArrivesInOrder() throws Exception {
        everyByteArrivesInOrder(NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }

    private static void everyByteArrivesInOrder(IoHandlerFactory io, Class<? extends ServerSocketChannel> type)
            throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, io);
        AtomicReference<Channel> accepted = new AtomicReference<>();
        try (Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
                Metrics metrics = new Metrics();
                Socket client = new Socket()) {
            Loop loop = new Loop(0, group.next(), deflate);
            Channel server = new ServerBootstrap()
                    .group(group)
                    .channel(type)
                    .childOption(ChannelOption.SO_SNDBUF, 8192)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            accepted.set(channel);
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            client.setReceiveBufferSize(4096);
            client.connect(server.localAddress());
            await().until(() -> accepted.get() != null && accepted.get().isActive());

            List<String> expected = new ArrayList<>();
            Connection connection = loop.eventLoop()
                    .submit(() -> new Connection("c", 1, accepted.get(), loop, metrics, 1 << 30, false))
                    .get(30, TimeUnit.SECONDS);
            LoopMembers members = new LoopMembers(new FanOut(loop, metrics), Overflow.CLOSE, null);
            long waiting = loop.eventLoop()
                    .submit(() -> write(connection, members, expected))
                    .get(30, TimeUnit.SECONDS);
            assertThat(waiting).as("bytes that the socket did not take").isPositive();
            // while the socket is read more is written: direct and queued writes take turns
            String tail = "t".repeat(300);
            List<String> got = new ArrayList<>();
            Thread reader = new Thread(() -> got.addAll(read(client)));
            reader.start();
            for (int i = 0; i < 50; i++) {
                String text = i + tail;
                expected.add(text);
                loop.execute(() -> writeOne(connection, text));
            }
            loop.execute(() -> connection.writePage(Unpooled.EMPTY_BUFFER, accepted.get()::close));
            reader.join(TimeUnit.SECONDS.toMillis(30));

            assertThat(OneLoop.contents(got)).isEqualTo(expected);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private static long write(Connection connection, LoopMembers members, List<String> expected) {
        members.add(new Membership(OneLoop.ROOM, connection, USER, false));
        for (int i = 0; i < FRAMES; i++) {
            String text = i + "-" + "x".repeat((i + 1) * 370_000 % 600_000);
            expected.add(text);
            members.enqueue(frame(text), null);
            OneLoop.walkAll(members, 1);
        }
        return connection.backlogBytes();
    }

    private static void writeOne(Connection connection, String text) {
        Frame frame = frame(text);
        connection.send(frame.plain().retain());
        frame.release();
    }

    private static Frame frame(String content) {
        byte[] json = ('"' + content + '"').getBytes(StandardCharsets.UTF_8);
        return new FrameWriter(UnpooledByteBufAllocator.DEFAULT)
                .message(OneLoop.ROOM, new Message(0, 0, USER, null, json), 0);
    }

    private static List<String> read(Socket client) {
        try {
            return Frames.texts(Unpooled.wrappedBuffer(client.getInputStream().readAllBytes()));
        } catch (IOException e) {
            return List.of("content\":\"" + e + "\",\"sender\"");
        }
    }
}
