package io.roomwire.ops;

import java.util.Locale;

/** Why a connection did not become a WebSocket. */
public enum HandshakeRefusal {
    /** It came from where a PROXY header is required, and had none that can be read. */
    PROXY_HEADER,
    /** As many as may be were on their way already. */
    TOO_MANY,
    /** Its page is of an origin that is not allowed. */
    ORIGIN,
    /** It called a node without authentication by a name that is not allowed. */
    HOST,
    /** It was no request of HTTP/1.1 within the limits; a PROXY header from where none is trusted is one of these. */
    BAD_REQUEST,
    /** The token that it brought is bad. */
    TOKEN,
    /** The back end said no. */
    BACK_END,
    /** Whether the token that it brought is good cannot be said now. */
    UNAVAILABLE;

    /** The reason as the metric's tag names it. */
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
