package io.roomwire.connection;

import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.Deflate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    /** A client that reads nothing. */
    private static final class FullSocket extends EmbeddedChannel {
        @Override
        protected void doWrite(ChannelOutboundBuffer in) {
            // takes nothing
        }
    }

    @Test
    void whoSaysGoodbyeAndReadsNothingIsClosedAllTheSame() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
                Metrics metrics = new Metrics()) {
            Loop loop = new Loop(0, group.next(), deflate);
            FullSocket socket = new FullSocket();
            loop.eventLoop()
                    .submit(() -> {
                        Connection connection = new Connection("c", socket, loop, metrics, 1 << 20, false);
                        connection.send(Unpooled.directBuffer().writeZero(1000));
                        connection.closedByClient(1000);
                    })
                    .get(30, TimeUnit.SECONDS);

            await().atMost(Duration.ofSeconds(30)).until(() -> !socket.isOpen());
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }
}
