package io.roomwire.history;

import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * How hard one writer may try a server that has failed: pauses that grow, and one small group to see whether it can again. A
 * server that is slow must not get more to do by being slow. Used by one thread.
 */
final class Restraint {
    /** Larger groups gain nothing more, and make those behind wait. */
    static final int MAX_GROUP = 2000;

    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Rooms have to go on within seconds after the server does. */
    private static final long LONGEST_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);

    /** Enough to go on at once where the failure was a restart. */
    private static final int PROBE = 16;

    private final DoubleSupplier random;
    private int failures;
    private long failedNs;
    private long pauseNs;
    private int mostAtOnce = MAX_GROUP;

    /** @param random from 0 to 1: all nodes see the same failure, and must not come back at the same moment */
    Restraint(DoubleSupplier random) {
        this.random = random;
    }

    void failed(long nowNs) {
        failures++;
        failedNs = nowNs;
        long longest = Math.min(LONGEST_PAUSE_NS, FIRST_PAUSE_NS << Math.min(failures - 1, 10));
        pauseNs = (long) (longest * (1 + random.getAsDouble()) / 2);
        mostAtOnce = failures == 1 ? PROBE : 1;
    }

    /** A group was stored. */
    void succeeded() {
        failures = 0;
        mostAtOnce = Math.min(MAX_GROUP, mostAtOnce * 2);
    }

    boolean mayTry(long nowNs) {
        return failures == 0 || nowNs - failedNs >= pauseNs;
    }

    /** So many drafts may go into the next group. */
    int mostAtOnce() {
        return mostAtOnce;
    }
}
