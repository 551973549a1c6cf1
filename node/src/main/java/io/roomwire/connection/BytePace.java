package io.roomwire.connection;

/**
 * How fast one client may get bytes: so many a second in the long run, and what some seconds allow at once. It may spend more
 * than it has, and waits the longer afterwards, since how much a page has is known when it is there.
 *
 * <p>Not thread safe. Time comes in as {@link System#nanoTime}.
 */
public final class BytePace {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Seconds whose bytes may come at once. */
    private static final long BURST_NS = 4_000_000_000L;

    private final long perSecond;

    /** When all that was spent is made up for. */
    private long evenNs;

    /** @param perSecond 0 for no limit */
    public BytePace(long perSecond, long nowNs) {
        this.perSecond = perSecond;
        this.evenNs = nowNs;
    }

    /** Counts bytes; negative ones give back. */
    public void spend(long bytes, long nowNs) {
        if (perSecond > 0) {
            long from = evenNs - nowNs > 0 ? evenNs : nowNs;
            evenNs = from + (long) (bytes * NANOS_PER_SECOND / perSecond);
        }
    }

    /** Milliseconds until it may spend again; 0 for now. */
    public long waitMs(long nowNs) {
        long tooMuchNs = evenNs - nowNs - BURST_NS;
        return tooMuchNs <= 0 ? 0 : tooMuchNs / 1_000_000 + 1;
    }

    /** Milliseconds until nothing need be remembered. */
    public long owesMs(long nowNs) {
        long owedNs = evenNs - nowNs;
        return owedNs <= 0 ? 0 : owedNs / 1_000_000 + 1;
    }
}
