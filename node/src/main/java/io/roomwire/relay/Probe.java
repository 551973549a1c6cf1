package io.roomwire.relay;

import org.jspecify.annotations.Nullable;

/**
 * What is known of the way over one Redis server, out by the connection for commands and back by a subscription: from one
 * small message at a time that this node sends to itself.
 *
 * <p>Knows no clock and no connection. Not thread safe.
 */
final class Probe {
    /** One may be late on a machine that stalls; the second in a row is no chance. */
    static final int MISSES = 2;

    /** When a new connection does not help, it is made once in a minute and not all the time. */
    static final int MOST_MISSES = 32;

    private final String where;
    private long number;
    private Fate fate = Fate.NONE;
    private String refusal = "";

    /** Why the present one has no way back; null if it has. */
    private @Nullable String hindrance;

    /** Whether one came back since the last was judged. */
    private boolean returned;

    /** In a row, since it came back last or a connection was made again. */
    private int missed;

    /** So many misses, and a connection is made again. */
    private int patience = MISSES;

    private boolean resubscribedLast;
    private @Nullable String cause;

    private enum Fate {
        /** There is none to be judged. */
        NONE,
        PENDING,
        TAKEN,
        REFUSED,
        UNANSWERED
    }

    /** What is to be done when the time of a probe is over. */
    enum Finding {
        /** It came back, or it cannot be told. */
        NONE,
        MISSED,
        /** Missed once too often: the subscription's connection is to be made again. */
        RESUBSCRIBE,
        /** Missed once too often: the connection for commands is to be made again. */
        RECONNECT
    }

    /** @param where the server's name for people */
    Probe(String where) {
        this.where = where;
    }

    /** Begins the next one and gives its number. */
    long next() {
        return next(null);
    }

    /**
     * As {@link #next()}.
     *
     * @param hindrance why the server gives no subscription by which it could come back; null if there is one
     */
    long next(@Nullable String hindrance) {
        this.hindrance = hindrance;
        fate = Fate.PENDING;
        return ++number;
    }

    /** Whether Redis has not said yet what became of the present one. */
    boolean isPending() {
        return fate == Fate.PENDING;
    }

    /** Redis took it. */
    void taken(long of) {
        settle(of, Fate.TAKEN);
    }

    /** Redis answered, but did not take it. */
    void refused(long of, String why) {
        refusal = why;
        settle(of, Fate.REFUSED);
    }

    /** Redis did not answer. */
    void unanswered(long of) {
        settle(of, Fate.UNANSWERED);
    }

    private void settle(long of, Fate settled) {
        if (of == number && fate == Fate.PENDING) {
            fate = settled;
            forgive();
        }
    }

    /** One came back, maybe late. Returns whether it is the present one. */
    boolean back(long of) {
        returned = true;
        forgive();
        return of == number;
    }

    private boolean isWell() {
        return returned && (fate == Fate.TAKEN || fate == Fate.NONE);
    }

    private void forgive() {
        if (isWell()) {
            missed = 0;
            patience = MISSES;
            resubscribedLast = false;
            cause = null;
        }
    }

    /**
     * The time of the present one, which is not {@link #isPending}, is over.
     *
     * @param serverAnswers whether the server has answered on the subscription's connection meanwhile
     */
    Finding judge(boolean serverAnswers) {
        Fate judged = fate;
        boolean well = isWell();
        fate = Fate.NONE;
        returned = false;
        boolean away = judged == Fate.UNANSWERED && !serverAnswers; // Redis as a whole, which is told by other means
        if (judged == Fate.NONE || well || away) {
            return Finding.NONE;
        }
        missed++;
        if (missed >= MISSES) {
            cause = said(judged);
        }
        if (missed < patience || hindrance != null) { // what is not there is tried again by itself
            return Finding.MISSED;
        }
        missed = 0;
        patience = Math.min(2 * patience, MOST_MISSES);
        // The fault may also be with the connection for commands: its server may have been demoted.
        resubscribedLast = judged == Fate.TAKEN && !resubscribedLast;
        return resubscribedLast ? Finding.RESUBSCRIBE : Finding.RECONNECT;
    }

    private String said(Fate judged) {
        return switch (judged) {
            case REFUSED -> where + " refuses to publish: " + refusal;
            case UNANSWERED -> where + " does not answer to what is published, though it is there";
            default ->
                hindrance != null
                        ? where + " takes what is published, and gives no subscription: " + hindrance
                        : "what is published at " + where + " does not come back";
        };
    }

    /** Why delivery is broken, until one comes back; null while it is not. */
    @Nullable
    String cause() {
        return cause;
    }
}
