package io.roomwire.protocol;

import java.util.Comparator;

/** A user in a room, as a key: however many connections of his are in it, here or elsewhere. */
public record UserInRoom(RoomId room, UserId user) implements Comparable<UserInRoom> {
    private static final Comparator<UserInRoom> ORDER =
            Comparator.comparing(UserInRoom::user).thenComparing(UserInRoom::room);

    @Override
    public int compareTo(UserInRoom other) {
        return ORDER.compare(this, other); // as in UserId
    }
}
