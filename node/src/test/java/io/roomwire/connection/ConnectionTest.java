package io.roomwire.connection;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    /** A client that reads nothing. */
    private static final class FullSocket extends EmbeddedChannel {
        @Override
        protected void doWrite(ChannelOutboundBuffer in) {
            // takes nothing
        }
    }

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
    private final Metrics metrics = new Metrics();
    private final Loop loop = new Loop(0, group.next(), deflate);
    private final FullSocket socket = new FullSocket();

    @AfterEach
    void close() throws Exception {
        loop.eventLoop().submit(() -> socket.close()).get(30, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        deflate.close();
        metrics.close();
    }

    private void onLoop(Consumer<Connection> body) throws Exception {
        loop.eventLoop()
                .submit(() -> body.accept(new Connection("c", 1, socket, loop, metrics, 1 << 20, false)))
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoSaysGoodbyeAndReadsNothingIsClosedAllTheSame() throws Exception {
        onLoop(connection -> {
            connection.send(Unpooled.directBuffer().writeZero(1000));
            connection.closedByClient(1000);
        });

        await().atMost(Duration.ofSeconds(30)).until(() -> !socket.isOpen());
    }

    @Test
    void whoIsNotReadIsNotSilent() throws Exception {
        long hourNs = TimeUnit.HOURS.toNanos(1);
        onLoop(connection -> {
            long now = System.nanoTime();
            assertThat(connection.silentNs(now + hourNs)).isGreaterThan(hourNs / 2);
            connection.reading(false);
            assertThat(connection.silentNs(now + hourNs)).isZero();

            connection.heard(now - hourNs);
            connection.reading(true);

            assertThat(connection.silentNs(System.nanoTime())).isLessThan(hourNs);
        });
    }
}
