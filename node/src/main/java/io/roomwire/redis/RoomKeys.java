package io.roomwire.redis;

/** Names of what belongs to one room. All of them share the room as their hash tag, so a script may use them together. */
public final class RoomKeys {
    private RoomKeys() {}

    /** The channel on which nodes tell each other what happens in the room. */
    public static String channel(String room) {
        return of("r", room);
    }

    /** A pattern for the keys of that kind, of all rooms. */
    public static String all(String kind) {
        return "rw:" + kind + ":{*}";
    }

    /** The room of a key of that kind. */
    public static String roomOf(String kind, String key) {
        int start = of(kind, "").length() - 1;
        return key.substring(key.startsWith("\u0001}", start) ? start + 1 : start, key.length() - 1);
    }

    public static String of(String kind, String room) {
        // Redis takes what is between the first brace and the next closing one as the tag, and an empty tag for none:
        // a room that begins with a brace would have its keys in different slots. Ids have no control characters.
        return "rw:" + kind + (room.startsWith("}") ? ":{\u0001" : ":{") + room + "}";
    }
}
