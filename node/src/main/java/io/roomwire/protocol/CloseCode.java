package io.roomwire.protocol;

/**
 * Every code with which a node closes a connection.
 *
 * <p>The range tells a client what to do (docs/protocol.md, "Closing"), so a new code must stand in the range whose
 * behaviour it wants.
 */
public enum CloseCode {
    NORMAL(1000, "closed"),
    GOING_AWAY(1001, "this node is closing, reconnect to any node"),
    PROTOCOL_ERROR(1002, "protocol error"),
    UNSUPPORTED_DATA(1003, "binary frames are not supported, send JSON as text"),
    INVALID_UTF8(1007, "text is not valid UTF-8"),
    TOO_BIG(1009, "message is too big"),
    TRY_AGAIN_LATER(1013, "this node is full, reconnect later"),
    HEARTBEAT_TIMEOUT(4001, "no sign of life within the heartbeat timeout"),
    SLOW_CONSUMER(4002, "slow consumer: too many bytes were waiting for this connection"),
    MOVED(4003, "moved to another node"),
    LOG_BEGAN_ANEW(4004, "the log of a room began a new epoch, come back and join again"),
    TOO_MANY_CONNECTIONS(4101, "too many connections of this user or address"),
    TOO_FAST(4102, "too many requests over the rate limit in a row"),
    TOKEN_EXPIRED(4201, "token expired"),
    TOKEN_REVOKED(4202, "token revoked"),
    NOT_AUTHENTICATED(4501, "not authenticated"),
    NOT_ALLOWED(4502, "forbidden"),
    TOO_MANY_ERRORS(4503, "too many protocol errors in a row"),
    DISCONNECTED(4504, "disconnected by the operator");

    private final int code;
    private final String reason;

    CloseCode(int code, String reason) {
        this.code = code;
        this.reason = reason;
    }

    /** The status code of RFC 6455, section 7.4. */
    public int code() {
        return code;
    }

    /** Whether the client broke RFC 6455, so that no orderly answer is to be waited for (section 7.1.7). */
    public boolean failsTheConnection() {
        return code >= PROTOCOL_ERROR.code && code <= TOO_BIG.code;
    }

    /** A reason for a person, short enough for a control frame (123 bytes of UTF-8). */
    public String reason() {
        return reason;
    }
}
