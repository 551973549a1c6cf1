package io.roomwire.redis;

/** Names of what belongs to one room. All of them share the room as their hash tag, so a script may use them together. */
public final class RoomKeys {
    private RoomKeys() {}

    /** The channel on which nodes tell each other what happens in the room. */
    public static String channel(String room) {
        return of("r", room);
    }

    public static String of(String kind, String room) {
        // Redis takes what is between the first brace and the next closing one as the tag, and an empty tag for none:
        // a room that begins with a brace would have its keys in different slots. Ids have no control characters.
        return "rw:" + kind + (room.charAt(0) == '}' ? ":{\u0001" : ":{") + room + "}";
    }
}
