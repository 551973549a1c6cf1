package io.roomwire.orders;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;

/** What every node is to do about one user. */
public sealed interface Order {
    UserId user();

    /** Calls the one method that is for this order. */
    void to(Orders.Receiver receiver);

    /** All connections of the user end. */
    record Disconnect(UserId user) implements Order {
        @Override
        public void to(Orders.Receiver receiver) {
            receiver.disconnect(user);
        }
    }

    /** All connections of the user leave the room. */
    record Remove(UserId user, RoomId room) implements Order {
        @Override
        public void to(Orders.Receiver receiver) {
            receiver.remove(user, room);
        }
    }

    /** Tokens of the user no longer count that were issued before that moment, Unix seconds. */
    record Revoke(UserId user, long issuedBeforeS) implements Order {
        @Override
        public void to(Orders.Receiver receiver) {
            receiver.revoked(user);
        }
    }
}
