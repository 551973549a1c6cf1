package io.roomwire.protocol;

/** A user's id: 1 to 128 bytes of UTF-8 without control characters. */
public record UserId(String text) {
    private static final int MAX_BYTES = 128;

    public UserId {
        Ids.check("user_id", text, MAX_BYTES);
    }

    @Override
    public String toString() {
        return text;
    }
}
