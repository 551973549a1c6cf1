package io.roomwire.history;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What a server's clock should show, by one that does not step. Used by one thread. */
final class ServerClock {
    private final LongSupplier steadyNs;
    private boolean isKnown;
    private long shownMs;
    private long shownNs;

    /** @param steadyNs such as {@link System#nanoTime} */
    ServerClock(LongSupplier steadyNs) {
        this.steadyNs = steadyNs;
    }

    /** For {@link #showed}, taken when a question leaves. */
    long nowNs() {
        return steadyNs.getAsLong();
    }

    /** In milliseconds since 1970; null before the server has shown it. */
    @Nullable
    Long expectedMs(long atNs) {
        return isKnown ? shownMs + (atNs - shownNs) / 1_000_000 : null;
    }

    /** What the clock showed when a question came that had left at {@code askedNs}. */
    void showed(long ms, long askedNs) {
        isKnown = true;
        shownMs = ms;
        shownNs = askedNs;
    }
}
