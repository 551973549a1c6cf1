package io.roomwire.protocol;

/**
 * What clients may choose as ids, beyond what any id has to be ({@link Ids}). Ids that are stored already, or that the
 * operator names, are not asked about. Immutable.
 *
 * @param bidiControls whether ids may hold characters that turn the direction of what is written around them: with one of
 *     these a name looks like another, and what stands behind it on a page is turned as well
 */
public record IdRules(boolean bidiControls) {
    /**
     * Returns the request itself.
     *
     * @throws RequestException {@code bad_request} that names the field
     */
    public Request checked(Request request) {
        if (bidiControls) {
            return request;
        }
        try {
            if (request.room() != null) {
                check(request.room());
            }
            if (request instanceof Request.Join join && join.user() != null) {
                check(join.user());
            } else if (request instanceof Request.Direct direct) {
                check(direct.recipient());
            }
        } catch (RequestException e) {
            throw e.answering(request.id());
        }
        return request;
    }

    /** @throws RequestException {@code bad_request} that names the field */
    public void check(RoomId room) {
        check("room_id", room.text());
    }

    /** @throws RequestException {@code bad_request} that names the field */
    public void check(UserId user) {
        check("user_id", user.text());
    }

    private void check(String field, String text) {
        for (int i = 0; !bidiControls && i < text.length(); i++) {
            char c = text.charAt(i);
            // Embeddings and overrides, then isolates: Unicode Standard Annex 9, section 2.
            if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
                throw new RequestException(
                        ErrorCode.BAD_REQUEST,
                        String.format(
                                "%s has U+%04X at position %d, which turns the direction of text", field, (int) c, i));
            }
        }
    }
}
