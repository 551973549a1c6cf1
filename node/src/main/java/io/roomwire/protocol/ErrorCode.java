package io.roomwire.protocol;

import java.util.Locale;

/** The codes of an {@code error} frame. The list is closed: clients switch over it. */
public enum ErrorCode {
    BAD_JSON(400),
    BAD_REQUEST(400),
    UNKNOWN_TYPE(400),
    TOO_LARGE(413),
    NOT_IN_ROOM(403),
    FORBIDDEN(403),
    UNAUTHORIZED(401),
    RATE_LIMITED(429),
    LIMIT_EXCEEDED(429),
    UNAVAILABLE(503),
    INTERNAL(500);

    private final int httpStatus;
    private final String wireName = name().toLowerCase(Locale.ROOT);

    ErrorCode(int httpStatus) {
        this.httpStatus = httpStatus;
    }

    /** The status of an answer over HTTP that has this code. */
    public int httpStatus() {
        return httpStatus;
    }

    /** The code as clients see it, such as {@code bad_json}. */
    public String wireName() {
        return wireName;
    }
}
