package io.roomwire.test.client;

/** How a connection ended: 1005 for a close frame without a code, 1006 for an end without a close frame (RFC 6455, 7.1.5). */
public record Closing(int code, String reason, long atNs) {
    public static final int NO_CODE = 1005;
    public static final int NO_GOODBYE = 1006;
}
