package io.roomwire.protocol;

import java.util.List;

/**
 * Where a room's log stands, and how it came there.
 *
 * @param seq the newest seq, 0 for none
 * @param epoch which life of the log this is: epoch and seq never name two messages
 * @param began the seq behind which everything was stored in this epoch; what stands up to it was left by earlier ones. Not
 *     larger than {@code seq}, and equal to it where the log does not know
 * @param before the epochs before this one, of which the log still knows where they ended: oldest first, ends never fall
 */
public record Head(long seq, String epoch, long began, List<PastEpoch> before) {
    /** Of what has no log. */
    public static final Head NONE = new Head(0, "");

    public Head {
        before = List.copyOf(before);
    }

    /** Of a log that does not know how it came there. */
    public Head(long seq, String epoch) {
        this(seq, epoch, seq, List.of());
    }

    /** The same log when its newest seq was, or will be, that one. */
    public Head at(long otherSeq) {
        return new Head(otherSeq, epoch, Math.min(began, otherSeq), before);
    }

    /** Whether both are one life of the log: then their seqs can be compared. */
    public boolean isSameEpoch(Head other) {
        return epoch.equals(other.epoch);
    }
}
