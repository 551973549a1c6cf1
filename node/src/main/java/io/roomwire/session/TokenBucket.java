package io.roomwire.session;

/**
 * Lets through so many requests a second in the long run, and so many at once after a silence.
 *
 * <p>Not thread safe. Two numbers a connection; time comes in as {@link System#nanoTime}.
 */
final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    private final int perSecond;
    private final int burst;
    private double tokens;
    private long filledNs;

    /** @param perSecond 0: everything passes */
    TokenBucket(int perSecond, int burst, long nowNs) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.filledNs = nowNs;
    }

    /** Takes a token and returns 0, or returns the milliseconds until there is one. */
    long take(long nowNs) {
        return take(1, nowNs);
    }

    /** One that was taken was not needed. */
    void giveBack() {
        tokens = Math.min(burst, tokens + 1);
    }

    /** As {@link #take(long)}, for what counts as several. */
    long take(int count, long nowNs) {
        if (perSecond == 0) {
            return 0;
        }
        tokens = Math.min(burst, tokens + (double) (nowNs - filledNs) * perSecond / NANOS_PER_SECOND);
        filledNs = nowNs;
        if (tokens >= count) {
            tokens -= count;
            return 0;
        }
        return (long) Math.ceil((count - tokens) * 1000 / perSecond);
    }
}
