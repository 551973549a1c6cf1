package io.roomwire.protocol;

/** A room's id: 1 to 255 bytes of UTF-8 without control characters. {@code @alice} is the personal room of alice. */
public record RoomId(String text) implements Comparable<RoomId> {
    private static final int MAX_BYTES = 255;
    private static final char PERSONAL = '@';

    public RoomId {
        Ids.check("room_id", text, MAX_BYTES);
    }

    /** The room in which all connections of the user are. */
    public static RoomId personalOf(UserId user) {
        return new RoomId(PERSONAL + user.text());
    }

    /** Whether this is somebody's personal room. */
    public boolean isPersonal() {
        return text.charAt(0) == PERSONAL;
    }

    /** Whether this is the personal room of that user. */
    public boolean isPersonalOf(UserId user) {
        return isPersonal() && text.length() == user.text().length() + 1 && text.endsWith(user.text());
    }

    /** A map whose keys collide, as whoever chooses them can have it, is then a tree in that place and no list. */
    @Override
    public int compareTo(RoomId other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
