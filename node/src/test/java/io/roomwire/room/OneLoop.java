package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.roomwire.config.Config;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.Metrics;
import io.roomwire.presence.LocalPresence;
import io.roomwire.protocol.Deflate;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.relay.Relay;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A real event loop, connections without sockets on it, and frames for them. */
final class OneLoop implements AutoCloseable {
    static final RoomId ROOM = new RoomId("room");

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
    final FrameWriter writer = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);
    final Metrics metrics = new Metrics();
    final Loop loop;
    final FanOut fanOut;

    OneLoop() {
        this(0);
    }

    /** @param index among the loops of a test that has several */
    OneLoop(int index) {
        loop = new Loop(index, group.next(), deflate);
        fanOut = new FanOut(loop, metrics);
    }

    /** A socket that takes nothing while it is full. */
    static final class Socket extends EmbeddedChannel {
        boolean full;
        private String read = "";

        @Override
        protected void doWrite(ChannelOutboundBuffer in) throws Exception {
            if (!full) {
                super.doWrite(in);
            }
        }

        /** All that was written so far. */
        ByteBuf written() {
            ByteBuf all = Unpooled.buffer();
            for (ByteBuf each = readOutbound(); each != null; each = readOutbound()) {
                all.writeBytes(each);
                each.release();
            }
            return all;
        }

        /** All that was ever written, as text. */
        String text() {
            ByteBuf more = written();
            read += more.toString(StandardCharsets.UTF_8);
            more.release();
            return read;
        }
    }

    /** Peers that say nothing. */
    static final class Peers implements Relay {
        /** Where each message that went to them stands. */
        final List<Head> told = new CopyOnWriteArrayList<>();

        @Override
        public void start(Receiver receiver) {
            // nobody would call it
        }

        @Override
        public CompletionStage<Void> subscribe(RoomId room) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void unsubscribe(RoomId room) {
            // there was no subscription
        }

        @Override
        public void publish(RoomId room, Head place, ByteBuf payload) {
            payload.release();
            told.add(place);
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** Rooms whose owner is this loop. */
    Rooms rooms(Config config, RoomLog log, Relay relay) {
        return new Rooms(config, List.of(loop), log, relay, new LocalPresence(), writer, metrics);
    }

    /** Runs it on the loop's thread, and gives back what it gives or throws. */
    <T> T call(Callable<T> body) throws Exception {
        return loop.eventLoop().submit(body).get(30, TimeUnit.SECONDS);
    }

    void run(Body body) throws Exception {
        call(() -> {
            body.run();
            return true;
        });
    }

    /** What may throw. */
    interface Body {
        void run() throws Exception;
    }

    Membership member(Socket socket, String user, boolean watches, boolean deflates, long maxBacklogBytes) {
        Connection connection = new Connection("c", 1, socket, loop, metrics, maxBacklogBytes, deflates);
        return new Membership(ROOM, connection, new UserId(user), watches);
    }

    Membership member(Socket socket) {
        return member(socket, "user", false, false, 1 << 20);
    }

    Frame frame(String content) {
        byte[] json = ('"' + content + '"').getBytes(StandardCharsets.UTF_8);
        return writer.message(ROOM, new Message(0, 0, new UserId("sender"), null, json), 0);
    }

    /** Walks until nothing waits, releases what ended, and returns how often it was written. */
    static int walkAll(LoopMembers members, int slice) {
        int written = 0;
        while (members.hasWork()) {
            Batch ended = members.walk(slice);
            if (ended != null) {
                written += ended.written;
                ended.release();
            }
        }
        return written;
    }

    LoopMembers members() {
        return members(Overflow.CLOSE);
    }

    LoopMembers members(Overflow overflow) {
        return new LoopMembers(fanOut, overflow, null);
    }

    /** The contents of message frames, in the order in which they were written. */
    static List<String> contents(List<String> texts) {
        return texts.stream()
                .map(text -> text.substring(text.indexOf("\"content\":\"") + 11, text.indexOf("\",\"sender\"")))
                .toList();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        deflate.close();
        metrics.close();
    }
}
