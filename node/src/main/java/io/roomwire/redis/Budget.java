package io.roomwire.redis;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that may be under way to Redis at a time: memory stays bounded when it answers slowly. Any thread may call. */
public final class Budget {
    private final AtomicLong taken = new AtomicLong();
    private final long maxBytes;

    public Budget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Returns false if that is more than is left. What was taken is to be given back. */
    public boolean take(int bytes) {
        if (taken.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        taken.addAndGet(-bytes);
        return false;
    }

    public void give(int bytes) {
        taken.addAndGet(-bytes);
    }
}
