package io.roomwire.transport;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What lets pages of other origins read answers (the CORS protocol of the Fetch standard): those that may connect, and no
 * others. Without credentials of the browser's own: a token is a header that the page sets.
 *
 * <p>Immutable: any thread may call.
 */
record Cors(OriginCheck origins) {
    /** For so long a browser need not ask again; Chrome forgets after two hours in any case. */
    private static final int PREFLIGHT_SECONDS = 3600;

    /** Whether a browser asks what a page may do, before it does it. */
    static boolean isPreflight(HttpRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaderNames.ORIGIN)
                && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }

    /** The answer to that: GET and HEAD with a token, or nothing. */
    FullHttpResponse preflight(HttpRequest request) {
        FullHttpResponse answer =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NO_CONTENT, Unpooled.EMPTY_BUFFER);
        if (name(request.headers(), answer.headers())) {
            answer.headers()
                    .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD")
                    .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, If-None-Match")
                    .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        } else {
            answer.setStatus(HttpResponseStatus.FORBIDDEN).headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        }
        return answer;
    }

    /** Lets the page read the answer, if it may. */
    void open(HttpRequest request, FullHttpResponse answer) {
        if (name(request.headers(), answer.headers())) {
            answer.headers().set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Retry-After");
        }
    }

    private boolean name(HttpHeaders request, HttpHeaders answer) {
        String origin = nameFor(request);
        if (origin != null) {
            answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        if (!origins.origins().allowsAll()) {
            answer.add(
                    HttpHeaderNames.VARY,
                    HttpHeaderNames.ORIGIN); // else a cache would give one page's answer to another
        }
        return origin != null;
    }

    /** Null: this page may not read. */
    private @Nullable String nameFor(HttpHeaders request) {
        if (origins.origins().allowsAll()) {
            return "*";
        }
        String origin = request.get(HttpHeaderNames.ORIGIN);
        boolean listed = origin != null
                && request.getAll(HttpHeaderNames.ORIGIN).size() == 1
                && origins.origins().allowed().contains(origin.toLowerCase(Locale.ROOT));
        return listed ? origin : null;
    }
}
