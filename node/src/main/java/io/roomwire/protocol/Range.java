package io.roomwire.protocol;

/**
 * A page of a room's log: up to {@code limit} messages with {@code after < seq < before}, from the low end if
 * {@code forward}, else from the high end. Either way the page is oldest first.
 */
public record Range(long after, long before, int limit, boolean forward) {
    /** Larger than any seq. */
    public static final long END = Long.MAX_VALUE;

    /** What follows behind a seq. */
    public static Range behind(long after, int limit) {
        return new Range(after, END, limit, true);
    }

    /** What stands right before a seq. */
    public static Range upTo(long before, int limit) {
        return new Range(0, before, limit, false);
    }
}
