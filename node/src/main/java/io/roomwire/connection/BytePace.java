package io.roomwire.connection;

/**
 * How fast one client may get bytes: so many a second in the long run, and what some seconds allow at once. It may spend more
 * than it has, and waits the longer afterwards, since how much a page has is known when it is there.
 *
 * <p>Not thread safe. Time comes in as {@link System#nanoTime}.
 */
public final class BytePace {
    private final long bytes;
    private final long periodNs;

    /** When all that was spent is made up for. */
    private long evenNs;

    /**
     * @param bytes in each period, and at once after a silence; 0 for no limit
     */
    public BytePace(long bytes, long periodNs, long nowNs) {
        this.bytes = bytes;
        this.periodNs = periodNs;
        this.evenNs = nowNs;
    }

    /** So many a second, of which what 4 s allow may come at once. */
    public static BytePace ofSecond(long bytesPerSecond, long nowNs) {
        return new BytePace(4 * bytesPerSecond, 4_000_000_000L, nowNs);
    }

    /** Counts bytes; negative ones give back. */
    public void spend(long spent, long nowNs) {
        if (bytes > 0) {
            long from = evenNs - nowNs > 0 ? evenNs : nowNs;
            evenNs = from + (long) ((double) spent * periodNs / bytes);
        }
    }

    /** Milliseconds until it may spend again; 0 for now. */
    public long waitMs(long nowNs) {
        long tooMuchNs = evenNs - nowNs - periodNs;
        return tooMuchNs <= 0 ? 0 : tooMuchNs / 1_000_000 + 1;
    }

    /** Milliseconds until nothing need be remembered. */
    public long owesMs(long nowNs) {
        long owedNs = evenNs - nowNs;
        return owedNs <= 0 ? 0 : owedNs / 1_000_000 + 1;
    }
}
