package io.roomwire.protocol;

import java.util.Locale;

/** The codes of an {@code error} frame. The list is closed: clients switch over it. */
public enum ErrorCode {
    BAD_JSON,
    BAD_REQUEST,
    UNKNOWN_TYPE,
    TOO_LARGE,
    NOT_IN_ROOM,
    FORBIDDEN,
    UNAUTHORIZED,
    RATE_LIMITED,
    LIMIT_EXCEEDED,
    UNAVAILABLE,
    INTERNAL;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** The code as clients see it, such as {@code bad_json}. */
    public String wireName() {
        return wireName;
    }
}
