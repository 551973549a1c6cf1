package io.roomwire.history;

import io.roomwire.protocol.RoomId;

/** Spreads rooms over a number of places: the same on every node and in every version, since messages lie there. */
final class RoomHash {
    /** The golden ratio of 2^32: neighbours such as room-1 and room-2 fall far apart. */
    private static final int SPREAD = 0x9E3779B9;

    private RoomHash() {}

    static int of(RoomId room, int places) {
        int hash = room.text().hashCode() * SPREAD; // String.hashCode is laid down in its documentation
        return Math.floorMod(hash ^ hash >>> 16, places);
    }
}
