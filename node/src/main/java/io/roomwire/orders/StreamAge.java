package io.roomwire.orders;

import java.util.concurrent.TimeUnit;

/**
 * What of the stream of orders is old. Told by the ids of its entries alone, which are the time of the server that made
 * them: the clock of a node may be anything.
 *
 * <p>Also by an id that was the newest a minute ago, and not by the newest: where the server's own clock steps ahead, by a
 * failover to another machine perhaps, all nodes have read by then what they were told before.
 *
 * <p>{@link #look} is for one thread; any may ask.
 */
final class StreamAge {
    /** Later than that nobody wants a kick to come through; revocations have their own set. */
    static final long KEPT_MS = TimeUnit.MINUTES.toMillis(5);

    private static final long SETTLED_NS = TimeUnit.MINUTES.toNanos(1);

    private long seenNs;
    private long seenMs;
    private volatile long settledMs;

    /**
     * Takes note of the stream's newest entry.
     *
     * @param nowNs of {@link System#nanoTime}
     */
    void look(String newestId, long nowNs) {
        if (seenMs == 0 || nowNs - seenNs >= SETTLED_NS) {
            settledMs = seenMs;
            seenMs = timeMs(newestId);
            seenNs = nowNs;
        }
    }

    /** What is before that id nobody needs; {@code 0} as long as nothing is known to be old. */
    String oldestKept() {
        return String.valueOf(Math.max(0, settledMs - KEPT_MS));
    }

    /** From where to go on for who had read up to that id, {@code nowMs} being the time of the server. */
    static String notBefore(String id, long nowMs) {
        long oldestMs = nowMs - KEPT_MS;
        return timeMs(id) >= oldestMs ? id : oldestMs + "-0";
    }

    private static long timeMs(String id) {
        return Long.parseLong(id, 0, id.indexOf('-'), 10);
    }
}
