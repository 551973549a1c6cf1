package io.roomwire.transport;

import io.roomwire.config.Config;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.CloseCode;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Pings who is silent and closes who stays so: one sweep over the connections of a loop, no timer a connection. Also
 * looks at deadlines, measures the loop's lag and adds up its backlog, since it comes by anyway.
 *
 * <p>Belongs to its loop.
 */
final class Heartbeat {
    /** Connections that are looked at before the loop does something else: some 50 us. */
    private static final int SLICE = 1000;

    private static final long LONGEST_PERIOD_MS = 1000;

    private final Loop loop;
    private final Metrics metrics;
    private final long intervalNs;
    private final long timeoutNs;
    private final long periodMs;

    Heartbeat(Loop loop, Config.Heartbeat config, Metrics metrics) {
        this.loop = loop;
        this.metrics = metrics;
        intervalNs = TimeUnit.MILLISECONDS.toNanos(config.intervalMs());
        timeoutNs = TimeUnit.MILLISECONDS.toNanos(config.timeoutMs());
        periodMs = Math.max(1, Math.min(LONGEST_PERIOD_MS, config.intervalMs() / 5));
    }

    void start() {
        long dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(periodMs);
        loop.after(periodMs, () -> {
            long lagNs = Math.max(0, System.nanoTime() - dueNs);
            metrics.loopLag(lagNs);
            if (lagNs > (timeoutNs - intervalNs) / 2) {
                forgive();
            }
            sweep(Integer.MAX_VALUE, 0);
        });
    }

    /** This node stood still, not its clients: what they sent meanwhile is unread. Whoever lives can still answer a ping. */
    private void forgive() {
        long now = System.nanoTime();
        for (Connection connection : loop.connections()) {
            if (connection.silentNs(now) > intervalNs) {
                connection.heard(now - intervalNs);
            }
        }
    }

    /** From the end of the list to its start: a connection that is closed takes itself out, and the last moves there. */
    private void sweep(int from, long backlogBytes) {
        List<Connection> connections = loop.connections();
        long now = System.nanoTime();
        long nowMs = System.currentTimeMillis();
        long backlog = backlogBytes;
        int next = Math.min(from, connections.size()) - 1;
        for (int last = Math.max(0, next - SLICE + 1); next >= last; next--) {
            Connection connection = connections.get(next);
            backlog += connection.backlogBytes();
            connection.checkDeadline(nowMs);
            long silentNs = connection.silentNs(now);
            if (silentNs >= timeoutNs) {
                connection.close(CloseCode.HEARTBEAT_TIMEOUT);
            } else if (silentNs >= intervalNs) {
                connection.pingOnce();
            }
        }
        if (next >= 0) {
            int rest = next + 1;
            long soFar = backlog;
            loop.inNextPass(() -> sweep(rest, soFar));
        } else {
            loop.backlogBytes(backlog);
            start();
        }
    }
}
