package io.roomwire.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The opening handshake on the server's side (RFC 6455, section 4.2), as pure functions of the request.
 *
 * <p>Netty's own wants the whole request aggregated and does not check the key.
 */
final class Handshake {
    private static final String ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final String VERSION = "13";
    private static final String SUBPROTOCOL = "roomwire.v1";
    private static final String BEARER = "bearer";
    private static final String BEARER_SUBPROTOCOL = "bearer.";
    private static final String TOKEN_PARAMETER = "access_token";
    private static final int KEY_BYTES = 16;

    /** Kept, since a look through the providers takes longer than the digest itself. */
    private static final FastThreadLocal<MessageDigest> SHA_1 = new FastThreadLocal<>() {
        @Override
        protected MessageDigest initialValue() {
            try {
                return MessageDigest.getInstance("SHA-1");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every Java platform has SHA-1", e);
            }
        }
    };

    private Handshake() {}

    /** Why a request cannot become a WebSocket. */
    record Refusal(HttpResponseStatus status, String message) {}

    /** Checks what section 4.2.1 asks for; null if it is all there. */
    static @Nullable Refusal check(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (!request.method().equals(HttpMethod.GET)
                || request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0) {
            return bad("a WebSocket begins with a GET of HTTP/1.1");
        }
        if (!headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                || !headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)) {
            return new Refusal(
                    HttpResponseStatus.UPGRADE_REQUIRED,
                    "this is a WebSocket: connect with a WebSocket client, such as new WebSocket(\"ws://"
                            + headers.get(HttpHeaderNames.HOST, "host") + "/ws\") in a browser");
        }
        if (!VERSION.equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return new Refusal(HttpResponseStatus.UPGRADE_REQUIRED, "Sec-WebSocket-Version has to be " + VERSION);
        }
        String key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        if (key == null || !isKey(key)) {
            return bad("Sec-WebSocket-Key has to be 16 bytes in base64");
        }
        return headers.contains(HttpHeaderNames.HOST) ? null : bad("Host is missing");
    }

    private static Refusal bad(String message) {
        return new Refusal(HttpResponseStatus.BAD_REQUEST, message);
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key.strip()).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The answer to the client's offers of compression; null if there is none that we can keep. */
    static @Nullable String deflateAnswer(HttpRequest request) {
        return DeflateOffer.answer(
                String.join(",", request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS)));
    }

    /**
     * The token that the client has brought, or null: as a bearer token (RFC 6750, section 2.1), else beside the
     * subprotocol, which is all that a browser can set.
     *
     * @param inUrl whether the parameter of RFC 6750, section 2.3, is looked at too
     */
    static @Nullable String token(HttpRequest request, boolean inUrl) {
        String authorization =
                request.headers().get(HttpHeaderNames.AUTHORIZATION, "").strip();
        int space = authorization.indexOf(' ');
        String scheme = space < 0 ? authorization : authorization.substring(0, space);
        if (scheme.equalsIgnoreCase(BEARER)) {
            return authorization.substring(scheme.length()).strip();
        }
        String beside = tokenBesideSubprotocol(request);
        return beside == null && inUrl ? tokenOf(request.uri()) : beside;
    }

    private static @Nullable String tokenBesideSubprotocol(HttpRequest request) {
        for (String offers : request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (String offer : offers.split(",", -1)) {
                if (offer.strip().startsWith(BEARER_SUBPROTOCOL)) {
                    return offer.strip().substring(BEARER_SUBPROTOCOL.length());
                }
            }
        }
        return null;
    }

    private static @Nullable String tokenOf(String uri) {
        try {
            List<String> tokens = new QueryStringDecoder(uri).parameters().get(TOKEN_PARAMETER);
            return tokens == null ? null : tokens.get(0);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    /**
     * The answer to a request that passed the checks.
     *
     * @param extensions what {@link #deflateAnswer} gave, or null for no compression
     */
    static ByteBuf accept(ByteBufAllocator allocator, HttpRequest request, @Nullable String extensions) {
        StringBuilder answer = new StringBuilder(256)
                .append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
                .append("Sec-WebSocket-Accept: ")
                .append(acceptKey(request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY)))
                .append("\r\n");
        String subprotocol = subprotocol(request);
        if (subprotocol != null) {
            answer.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
        }
        if (extensions != null) {
            answer.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
        }
        answer.append("\r\n");
        ByteBuf bytes = allocator.directBuffer(answer.length());
        bytes.writeCharSequence(answer, StandardCharsets.US_ASCII);
        return bytes;
    }

    /** Ours, else the one with a token in it: a browser ends a connection whose server takes none of those that it offered. */
    private static @Nullable String subprotocol(HttpRequest request) {
        if (request.headers().containsValue(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL, false)) {
            return SUBPROTOCOL;
        }
        String token = tokenBesideSubprotocol(request);
        return token == null ? null : BEARER_SUBPROTOCOL + token;
    }

    static String acceptKey(String key) {
        byte[] digest = SHA_1.get().digest((key.strip() + ACCEPT_GUID).getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(digest);
    }
}
