package io.roomwire.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a member goes on that comes back with the seq and the epoch that it saw last.
 *
 * @param after it has everything up to this seq that the log still has, and is to get what follows
 * @param recovered nothing is missing for sure
 * @param elsewhere its own seq says nothing about the present log: what it gets is told by {@code after} alone
 * @param uncertainAfter what was acked behind this seq, in its epoch or a later one that is over, may be missing;
 *     {@link #NOWHERE} if nothing may
 */
public record Resumption(long after, boolean recovered, boolean elsewhere, long uncertainAfter) {
    public static final long NOWHERE = -1;

    /** Where there is no log. */
    public static final Resumption NONE = new Resumption(0, false, false, NOWHERE);

    /**
     * Null if that head does not tell: it knows nothing of the epoch, or of a seq so high. A newer head of the same log may,
     * and if there is none, {@link #ofAnother} does.
     *
     * @param epoch null if the client did not say: then it is trusted to mean the present one
     */
    public static @Nullable Resumption of(Head head, @Nullable String epoch, long after) {
        if (epoch == null || epoch.equals(head.epoch())) {
            return after <= head.seq() ? new Resumption(after, true, false, NOWHERE) : null;
        }
        List<PastEpoch> before = head.before();
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i).epoch().equals(epoch)) {
                return past(head, before.subList(i, before.size()), after);
            }
        }
        return null;
    }

    private static @Nullable Resumption past(Head head, List<PastEpoch> sinceThen, long after) {
        PastEpoch own = sinceThen.get(0);
        long from = Math.min(after, own.end());
        if (from > head.seq()) {
            return null;
        }
        long uncertainAfter = NOWHERE;
        if (after > own.end()) {
            uncertainAfter = own.end(); // it has seen some of what is lost
        }
        for (int i = 0; i < sinceThen.size() && uncertainAfter == NOWHERE; i++) {
            if (!sinceThen.get(i).whole()) {
                uncertainAfter = sinceThen.get(i).end();
            }
        }
        return new Resumption(from, uncertainAfter == NOWHERE, true, uncertainAfter);
    }

    /**
     * If the newest head of the log does not tell either: the member gets everything of the present epoch, and all else that
     * is behind its own seq.
     */
    public static Resumption ofAnother(Head head, @Nullable String epoch, long after) {
        if (head.epoch().equals(epoch)) { // of its own epoch the log has lost the end, and given no seq since then
            return new Resumption(head.seq(), false, true, head.seq());
        }
        return new Resumption(Math.min(after, head.began()), false, true, 0);
    }

    /** The same, when the beginning of what is to come is past retention. */
    public Resumption behindAGap() {
        return new Resumption(after, false, elsewhere, uncertainAfter);
    }
}
