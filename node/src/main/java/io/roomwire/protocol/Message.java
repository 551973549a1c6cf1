package io.roomwire.protocol;

import org.jspecify.annotations.Nullable;

/**
 * One message of a room.
 *
 * @param seq its place in the room's log, from 1; 0 in an ephemeral room
 * @param ts when a node accepted it, milliseconds since 1970; never used for order
 * @param id chosen by the sender, or null
 * @param content one JSON value as the sender wrote it, UTF-8; never changed once here; empty if it was erased
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and a copy a message is what we avoid
public record Message(
        long seq, long ts, UserId sender, @Nullable String id, byte[] content) {

    /** Whether an operator took the content out; the message keeps its place. */
    public boolean isErased() {
        return content.length == 0;
    }

    /** The same message at its place in the log. */
    public Message at(long place) {
        return new Message(place, ts, sender, id, content);
    }
}
