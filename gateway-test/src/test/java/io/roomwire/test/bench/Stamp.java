package io.roomwire.test.bench;

import io.netty.buffer.ByteBuf;

/** The mark in a message's content that says when the message was due. It is plain ASCII, so that JSON leaves it alone. */
final class Stamp {
    /** Nothing else in a frame has this character. */
    private static final byte MARK = '~';

    private static final int DIGITS = 19;

    /** Hands {@link #baseNs} to another process. */
    static final String BASE_PROPERTY = "roomwire.bench.base-ns";

    /** Times count from here, so that they are short and never negative. */
    private static final long BASE_NS = Long.getLong(BASE_PROPERTY, System.nanoTime());

    private Stamp() {}

    /** What the times of this process count from. The clock behind it is one for all processes of a Linux machine. */
    static long baseNs() {
        return BASE_NS;
    }

    static long nowNs() {
        return System.nanoTime() - BASE_NS;
    }

    /** A content of so many characters that carries the time. */
    static String content(long dueNs, int size) {
        String stamp = "~%019d".formatted(dueNs);
        return stamp + "x".repeat(Math.max(0, size - stamp.length()));
    }

    /** Where the first mark is between two places of a frame's payload, or -1 if there is none. */
    static int find(ByteBuf buffer, int from, int to) {
        return buffer.indexOf(from, to, MARK);
    }

    /** The time behind a mark. */
    static long dueNs(ByteBuf buffer, int mark) {
        long value = 0;
        for (int i = mark + 1; i <= mark + DIGITS; i++) {
            value = value * 10 + buffer.getByte(i) - '0';
        }
        return value;
    }
}
