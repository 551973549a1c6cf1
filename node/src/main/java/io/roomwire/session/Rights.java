package io.roomwire.session;

import io.roomwire.auth.Grant;
import io.roomwire.auth.Right;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/** What a client may do in a room, whichever way it asks. */
final class Rights {
    private Rights() {}

    /**
     * Passes, or says why not.
     *
     * @param me null: nobody knows who asks
     * @throws RequestException {@code forbidden}
     */
    static void check(Grant grant, @Nullable UserId me, RoomId room, Right right) {
        if (!room.isPersonal()) {
            if (!grant.allows(room, right)) {
                throw forbidden(right, "no grant");
            }
        } else if (right == Right.WRITE || me == null || !room.isPersonalOf(me)) {
            throw forbidden(right, "a personal room is its user's alone, and direct writes to it");
        }
    }

    /** @throws RequestException {@code forbidden} */
    static void checkDirect(Grant grant, UserId to) {
        if (!grant.allowsDirect(to)) {
            throw new RequestException(ErrorCode.FORBIDDEN, "no right to direct: the token does not name this user");
        }
    }

    private static RequestException forbidden(Right right, String why) {
        return new RequestException(ErrorCode.FORBIDDEN, "no right to " + right.wireName() + " here: " + why);
    }
}
