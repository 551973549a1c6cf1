package io.roomwire.protocol;

/** The rules that room ids, user ids and request ids share (docs/protocol.md, "Ids"). */
public final class Ids {
    private static final int MAX_REQUEST_BYTES = 64;

    private Ids() {}

    /**
     * Checks what a client chose as the {@code id} of a request, and returns it.
     *
     * @throws RequestException {@code bad_request}
     */
    public static String request(String id) {
        return check("id", id, MAX_REQUEST_BYTES);
    }

    /**
     * Returns the text itself.
     *
     * @throws RequestException {@code bad_request} that names the field, if the text is empty, longer than that many
     *     bytes of UTF-8, or has a control character or half a surrogate pair
     */
    static String check(String field, String text, int maxBytes) {
        if (text.isEmpty()) {
            throw bad(field + " is empty");
        }
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                throw bad(field + " has a control character at position " + i);
            }
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    throw bad(field + " has half a surrogate pair at position " + i);
                }
                i++;
                bytes += 4;
            } else {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            }
        }
        if (bytes > maxBytes) {
            throw bad(field + " has " + bytes + " bytes of UTF-8, at most " + maxBytes + " are allowed");
        }
        return text;
    }

    private static RequestException bad(String message) {
        return new RequestException(ErrorCode.BAD_REQUEST, message);
    }
}
