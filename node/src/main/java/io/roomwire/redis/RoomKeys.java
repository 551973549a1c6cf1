package io.roomwire.redis;

/**
 * Names of keys and channels. Those of one room share it as their hash tag, so a script may use them together.
 *
 * @param prefix before all of them, {@code redis.prefix}: without braces, and without what has a meaning in a pattern
 */
public record RoomKeys(String prefix) {
    /** The channel on which nodes tell each other what happens in the room. */
    public String channel(String room) {
        return of("r", room);
    }

    /** What belongs to no room. */
    public String named(String name) {
        return prefix + ":" + name;
    }

    /** A pattern for the keys of that kind, of all rooms. */
    public String all(String kind) {
        return prefix + ":" + kind + ":{*}";
    }

    /** The room of a key of that kind. */
    public String roomOf(String kind, String key) {
        int start = of(kind, "").length() - 1;
        return key.substring(key.startsWith("\u0001}", start) ? start + 1 : start, key.length() - 1);
    }

    public String of(String kind, String room) {
        // Redis takes what is between the first brace and the next closing one as the tag, and an empty tag for none:
        // a room that begins with a brace would have its keys in different slots. Ids have no control characters.
        return prefix + ":" + kind + (room.startsWith("}") ? ":{\u0001" : ":{") + room + "}";
    }
}
