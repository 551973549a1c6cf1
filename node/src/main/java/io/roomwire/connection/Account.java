package io.roomwire.connection;

/**
 * What one connection has cost lately: bytes that it made its loop read and inflate, and the loop's time. Both are debts
 * that the clock pays off.
 *
 * <p>Not thread safe: its loop's. Time comes in as {@link System#nanoTime}.
 */
public final class Account {
    /**
     * An inflated byte costs a tenth of what a byte of deflated input can: one block of 12 bytes that gives nothing has its
     * own tables. What honest clients deflate grows by as much again.
     */
    public static final int DEFLATED_PRICE = 8;

    /** Who has shown no token has one thing to say, a token, which is a fraction of it. */
    private static final int STRANGERS_PRICE = 64;

    /** Who takes more than a fiftieth of a loop's time is served after those who do not. */
    private static final int SHARE = 50;

    /** So much of a loop's time may be taken at once before that: a hundred joins. */
    private static final long FREE_NS = 2_000_000L;

    /** Beyond it the clock tells of the machine, of a pause of the JVM say, and not of the frame. */
    private static final long MOST_NS_OF_A_FRAME = 20_000_000L;

    private final int bytesPerSecond;
    private BytePace bytes;

    /** When the loop's time is paid for; before now: it is. */
    private long timePaidNs;

    /** @param bytesPerSecond 0: no limit */
    public Account(int bytesPerSecond, long nowNs) {
        this.bytesPerSecond = bytesPerSecond;
        bytes = BytePace.ofSecond(bytesPerSecond, nowNs);
        timePaidNs = nowNs;
    }

    /**
     * Charges what is about to be worked on.
     *
     * @param count times their price
     * @param stranger no token has come yet, where one is needed
     */
    public void bytes(long count, boolean stranger, long nowNs) {
        bytes.spend(stranger ? count * STRANGERS_PRICE : count, nowNs);
    }

    /** Charges the loop's time that went into one frame. */
    public void time(long spentNs, long nowNs) {
        // Not by comparing the two moments: nanoTime may overflow between them.
        long from = timePaidNs - nowNs > 0 ? timePaidNs : nowNs;
        timePaidNs = from + Math.min(spentNs, MOST_NS_OF_A_FRAME) * SHARE;
    }

    /** Milliseconds until more may be read; 0: at once. */
    public long waitMs(long nowNs) {
        return bytes.waitMs(nowNs);
    }

    /** Whether it has had more of the loop than others have. */
    public boolean isHeavy(long nowNs) {
        return timePaidNs - nowNs > FREE_NS * SHARE;
    }

    /** A token has come: what the stranger owed was at a stranger's price. */
    public void settle(long nowNs) {
        bytes = BytePace.ofSecond(bytesPerSecond, nowNs);
    }
}
