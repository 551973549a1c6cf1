package io.roomwire.transport;

import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.roomwire.protocol.CloseCode;

/** Which close codes go over the wire (RFC 6455, section 7.4), where Netty has other views. */
final class CloseRules {
    /** RFC 6455, section 7.4.2; Netty lets larger ones pass. */
    private static final int MAX_CODE = 4999;

    private static final String CLOSE_BODY = "Invalid close frame body";

    private CloseRules() {}

    /** Whether a client may send that code. */
    static boolean maySend(int code) {
        return WebSocketCloseStatus.isValidStatusCode(code) && code <= MAX_CODE;
    }

    /** What a frame is answered with that Netty could not take. */
    static CloseCode codeOf(CorruptedWebSocketFrameException corrupted) {
        WebSocketCloseStatus status = corrupted.closeStatus();
        if (status.equals(WebSocketCloseStatus.MESSAGE_TOO_BIG)) {
            return CloseCode.TOO_BIG;
        }
        // Netty calls a close frame of one byte bad data; RFC 6455 calls what is bad data bad UTF-8 (section 7.4.1).
        boolean text = !CLOSE_BODY.equals(corrupted.getMessage());
        return status.equals(WebSocketCloseStatus.INVALID_PAYLOAD_DATA) && text
                ? CloseCode.INVALID_UTF8
                : CloseCode.PROTOCOL_ERROR;
    }
}
