package io.roomwire.history;

import org.jspecify.annotations.Nullable;

/**
 * A message is stored.
 *
 * @param seq its place in the room's log
 * @param duplicate this sender's message of this id was stored before, at that place; nothing was stored now
 * @param relayed the log has sent it to the peers itself, with the same step that stored it
 * @param epoch the life of the log in which it is; null: the log tells of a new life by itself, before any receipt of it
 */
public record Receipt(
        long seq,
        boolean duplicate,
        boolean relayed,
        @Nullable String epoch) {
    public Receipt(long seq, boolean duplicate, boolean relayed) {
        this(seq, duplicate, relayed, null);
    }
}
