package io.roomwire.auth;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/** Who a connection is, and what it may do. Any thread may call. */
public interface Grant {
    /** Null: the connection names its user itself, with its first join. */
    @Nullable
    UserId user();

    /** Rights in rooms that are nobody's personal room; those have their own rule. */
    boolean allows(RoomId room, Right right);
}
