package io.roomwire.ops;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Says yes at most once a minute: what goes wrong a thousand times a second is one line in the log. Any thread may call. */
public final class Rarely {
    private static final long PAUSE_NS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicLong nextNs = new AtomicLong(System.nanoTime());

    public boolean now() {
        long now = System.nanoTime();
        long next = nextNs.get();
        return now - next >= 0 && nextNs.compareAndSet(next, now + PAUSE_NS);
    }
}
