package io.roomwire.protocol;

/** A user's id: 1 to 128 bytes of UTF-8 without control characters. */
public record UserId(String text) implements Comparable<UserId> {
    private static final int MAX_BYTES = 128;

    public UserId {
        Ids.check("user_id", text, MAX_BYTES);
    }

    /** A map whose keys collide, as whoever chooses them can have it, is then a tree in that place and no list. */
    @Override
    public int compareTo(UserId other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
