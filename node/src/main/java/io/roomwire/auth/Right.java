package io.roomwire.auth;

import java.util.Locale;

/** What a connection may do in a room. */
public enum Right {
    JOIN,
    WRITE,
    HISTORY,
    PRESENCE;

    /** The right as tokens name it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
