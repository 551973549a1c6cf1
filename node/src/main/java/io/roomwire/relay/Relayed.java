package io.roomwire.relay;

import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RelayHeader.Kind;
import org.jspecify.annotations.Nullable;

/**
 * What came on a channel, decoded.
 *
 * @param frame of a message; owned by whoever has this
 * @param user of a member's coming or going
 */
record Relayed(
        Kind kind,
        Head place,
        @Nullable Frame frame,
        @Nullable UserId user) {
    /** Our own message: our members have it already. */
    static final Relayed OWN = new Relayed(Kind.MESSAGE, Head.NONE, null, null);

    /** What no node of this version sent. */
    static final Relayed GARBAGE = new Relayed(Kind.MESSAGE, new Head(-1, ""), null, null);

    boolean isGarbage() {
        return place.seq() < 0;
    }

    void release() {
        if (frame != null) {
            frame.release();
        }
    }
}
