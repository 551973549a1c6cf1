package io.roomwire.auth;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/** Who a connection is, and what it may do. Any thread may call. */
public interface Grant {
    /** Before a token has come: nothing. */
    Grant NONE = new Grant() {
        @Override
        public @Nullable UserId user() {
            return null;
        }

        @Override
        public boolean allows(RoomId room, Right right) {
            return false;
        }
    };

    /** Null: the connection names its user itself, with its first join. */
    @Nullable
    UserId user();

    /** Rights in rooms that are nobody's personal room; those have their own rule. */
    boolean allows(RoomId room, Right right);

    /** Whether {@code direct} may be sent to that user. */
    default boolean allowsDirect(UserId to) {
        return true;
    }

    /** When it runs out, as the token says; Unix milliseconds, {@link Long#MAX_VALUE} for never. */
    default long expiresAtMs() {
        return Long.MAX_VALUE;
    }

    /** When a connection has to have a newer one: {@link #expiresAtMs} and the skew of clocks that is allowed. */
    default long endsAtMs() {
        return Long.MAX_VALUE;
    }

    /** When the token was issued, Unix seconds; 0 if it does not say, so that every revocation is about it. */
    default long issuedAtS() {
        return 0;
    }

    default UserLimits limits() {
        return UserLimits.NONE;
    }
}
