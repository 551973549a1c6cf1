package io.roomwire.transport;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a connection may be no WebSocket: until its request is whole, while it reads an answer, and in all.
 *
 * <p>One a connection, on its loop's thread.
 */
final class HttpClock {
    /** What a poor mobile network still has; who reads less keeps a page in our memory, and pays nothing for it. */
    private static final int LEAST_BYTES_PER_SECOND = 4096;

    /** After so many times the time for a request the next answer is the last: who asks on has to come again. */
    private static final int TIMES_IN_ALL = 6;

    private final long timeoutMs;
    private final long bornNs = System.nanoTime();
    private @Nullable Future<?> next;

    HttpClock(long timeoutMs) {
        this.timeoutMs = timeoutMs;
    }

    /** The next request has to be whole in time. */
    void expectRequest(ChannelHandlerContext ctx) {
        stop();
        next = ctx.executor().schedule(() -> ctx.close(), timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** An answer is on its way: as long as it is read, however slowly, no request is due. */
    void expectReading(ChannelHandlerContext ctx, ChannelFuture sent) {
        expectRequest(ctx);
        if (!sent.isDone()) {
            stop();
            look(ctx, sent, System.nanoTime(), pendingBytes(ctx));
        }
    }

    private void look(ChannelHandlerContext ctx, ChannelFuture sent, long startNs, long bytes) {
        Runnable look = () -> {
            long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
            long readBytes = bytes - pendingBytes(ctx);
            if (sent.isDone()) {
                expectRequest(ctx);
            } else if (readBytes < (elapsedMs - timeoutMs) * LEAST_BYTES_PER_SECOND / 1000) {
                ctx.close();
            } else {
                look(ctx, sent, startNs, bytes);
            }
        };
        next = ctx.executor().schedule(look, timeoutMs, TimeUnit.MILLISECONDS);
    }

    private static long pendingBytes(ChannelHandlerContext ctx) {
        ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** Whether it has been here for so long that the answer on its way is to be the last. */
    boolean isOver() {
        return System.nanoTime() - bornNs > TimeUnit.MILLISECONDS.toNanos(TIMES_IN_ALL * timeoutMs);
    }

    void stop() {
        if (next != null) {
            next.cancel(false);
            next = null;
        }
    }
}
