package io.roomwire.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.roomwire.auth.Authenticator;
import io.roomwire.auth.Claimed;
import io.roomwire.auth.Grant;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.FrameHeader;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.session.Failure;
import io.roomwire.session.History;
import io.roomwire.session.HttpRates;
import io.roomwire.session.Sessions;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /rooms/{room_id}/history}: a page of a room, as the {@code history} frame has it (docs/protocol.md).
 *
 * <p>Shared by all loops; answers come on any thread.
 */
final class HistoryResource {
    private static final Pattern PATH = Pattern.compile("/rooms/([^/]+)/history");

    /** In a browser's own cache; not for ever, so that what is erased is gone there as well before long. */
    private static final String SETTLED = "private, max-age=600, immutable";

    private static final String OPEN = "private, no-cache";

    /** Bounds what one user has under way at a time; and what a page costs the log for which only its head is wanted. */
    private static final long PAGE_BYTES_GUESSED = 256 * 1024;

    /** A moment in which a database may be back. */
    private static final int RETRY_SECONDS = 1;

    private final Authenticator authenticator;
    private final boolean tokenInUrl;
    private final Sessions sessions;
    private final Metrics metrics;

    HistoryResource(Authenticator authenticator, boolean tokenInUrl, Sessions sessions, Metrics metrics) {
        this.authenticator = authenticator;
        this.tokenInUrl = tokenInUrl;
        this.sessions = sessions;
        this.metrics = metrics;
    }

    /** Whether a path without its query is meant for this. */
    static boolean isFor(String path) {
        return path.startsWith("/rooms/");
    }

    /**
     * Answers whatever comes; never fails.
     *
     * @param client who is counted where no good token names a user
     */
    CompletionStage<FullHttpResponse> answer(HttpRequest request, InetAddress client) {
        RoomId[] room = new RoomId[1];
        CompletionStage<FullHttpResponse> answer;
        try {
            Request.History asked = read(request);
            room[0] = asked.room();
            answer = grant(request, client)
                    .thenCompose(grant -> page(grant, asked, client))
                    .thenApply(page -> found(request, page));
        } catch (NoSuchResource e) {
            answer = CompletableFuture.completedFuture(json(HttpResponseStatus.NOT_FOUND, error(e.reason, null)));
        } catch (RequestException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.exceptionally(failure -> refused(Failure.told(failure), room[0]));
    }

    /** What it may cost the log is counted before it is read, and put right when its size is known. */
    private CompletionStage<History.Answer> page(Grant grant, Request.History asked, InetAddress client) {
        UserId user = grant.user();
        sessions.httpRates().spend(user, client, PAGE_BYTES_GUESSED);
        return sessions.history().readFromOutside(grant, asked).whenComplete((page, error) -> {
            if (page != null && !asked.range().bare()) {
                sessions.httpRates().spend(user, client, page.frame().readableBytes() - PAGE_BYTES_GUESSED);
            }
        });
    }

    private Request.History read(HttpRequest request) {
        // RFC 3986 knows no plus for a space, and the offset of a time has a plus
        QueryStringDecoder uri =
                QueryStringDecoder.builder().htmlQueryDecoding(false).build(request.uri());
        Matcher path = PATH.matcher(uri.rawPath());
        if (!path.matches()) {
            throw new NoSuchResource("what is here is /rooms/{room_id}/history");
        }
        RoomId room = new RoomId(decoded(path.group(1)));
        sessions.idRules().check(room);
        Range range;
        try {
            range = Range.asked(
                    number(uri, "before"),
                    number(uri, "after"),
                    text(uri, "since"),
                    text(uri, "until"),
                    number(uri, "limit"));
        } catch (IllegalArgumentException e) { // Netty's answer to a percent sign without its two digits
            throw new RequestException(ErrorCode.BAD_REQUEST, "the query is not percent-encoded");
        }
        return new Request.History(null, room, isHead(request) ? range.withoutContents() : range);
    }

    private static boolean isHead(HttpRequest request) {
        return request.method().equals(HttpMethod.HEAD);
    }

    private static String decoded(String part) {
        try {
            return QueryStringDecoder.builder()
                    .htmlQueryDecoding(false)
                    .build(part)
                    .path();
        } catch (IllegalArgumentException e) {
            throw new RequestException(ErrorCode.BAD_REQUEST, "room_id is not percent-encoded");
        }
    }

    private static @Nullable String text(QueryStringDecoder uri, String field) {
        List<String> values = uri.parameters().getOrDefault(field, List.of());
        if (values.size() > 1) {
            throw new RequestException(ErrorCode.BAD_REQUEST, field + " is there more than once");
        }
        return values.isEmpty() ? null : values.get(0);
    }

    private static @Nullable Long number(QueryStringDecoder uri, String field) {
        String text = text(uri, field);
        if (text == null) {
            return null;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new RequestException(ErrorCode.BAD_REQUEST, field + " is no whole number from 0 to " + Long.MAX_VALUE);
    }

    /**
     * By the token of this request alone; there is no session that would remember one. Counts the request, before its token
     * is checked, the back end asked, or a page read for it.
     *
     * @return may fail with {@code unauthorized}, {@code rate_limited}
     */
    private CompletionStage<Grant> grant(HttpRequest request, InetAddress client) {
        String token = Handshake.token(request, tokenInUrl);
        if (token == null) {
            sessions.httpRates().count(client);
            Grant open = authenticator.withoutToken();
            if (open == Grant.NONE) {
                throw new RequestException(ErrorCode.UNAUTHORIZED, "a token is needed: Authorization: Bearer");
            }
            return CompletableFuture.completedFuture(open);
        }
        Grant known = authenticator.known(token);
        if (known != null && known.user() != null) {
            sessions.httpRates().count(known.user(), known.limits());
            return authenticator.authenticate(token, client);
        }
        HttpRates.Unchecked unchecked = sessions.httpRates().countUnchecked(client, Claimed.subject(token));
        return authenticator.authenticate(token, client).thenApply(grant -> {
            sessions.httpRates().wasGood(unchecked);
            if (grant.user() == null) {
                sessions.httpRates().count(client);
            } else {
                sessions.httpRates().count(grant.user(), grant.limits());
            }
            return grant;
        });
    }

    private static FullHttpResponse found(HttpRequest request, History.Answer page) {
        String tag = '"' + page.tag() + '"';
        FullHttpResponse response;
        if (knows(request, tag)) {
            page.frame().release();
            response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_MODIFIED, Unpooled.EMPTY_BUFFER);
        } else {
            response = json(HttpResponseStatus.OK, page.frame());
            if (isHead(request)) { // RFC 9110, section 9.3.2: its length is only known with its contents
                response.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
            }
        }
        response.headers()
                .set(HttpHeaderNames.ETAG, tag)
                .set(HttpHeaderNames.CACHE_CONTROL, page.isSettled() ? SETTLED : OPEN)
                .set(HttpHeaderNames.VARY, HttpHeaderNames.AUTHORIZATION);
        return response;
    }

    private static boolean knows(HttpRequest request, String tag) {
        for (String header : request.headers().getAll(HttpHeaderNames.IF_NONE_MATCH)) {
            for (String known : header.split(",", -1)) {
                String strong = known.strip().replaceFirst("^W/", ""); // RFC 9110, section 13.1.2: compared weakly
                if (strong.equals(tag) || strong.equals("*")) {
                    return true;
                }
            }
        }
        return false;
    }

    private FullHttpResponse refused(RequestException why, @Nullable RoomId room) {
        HttpResponseStatus status = HttpResponseStatus.valueOf(why.code().httpStatus());
        FullHttpResponse response = json(status, error(why, room));
        if (why.code() == ErrorCode.UNAUTHORIZED) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
        } else if (why.code() == ErrorCode.UNAVAILABLE) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, RETRY_SECONDS);
        } else if (why.code() == ErrorCode.RATE_LIMITED) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, secondsOf(why.retryAfterMs()));
        }
        return response;
    }

    /** RFC 9110, section 10.2.3 has whole seconds: rounded up, so that nobody comes too early. */
    private static long secondsOf(long ms) {
        return (ms + 999) / 1000;
    }

    private ByteBuf error(RequestException why, @Nullable RoomId room) {
        metrics.error(why.code());
        return sessions.writer().error(why, null, room);
    }

    /** @param frame whose payload is the body */
    private static FullHttpResponse json(HttpResponseStatus status, ByteBuf frame) {
        ByteBuf body = frame.skipBytes(FrameHeader.bytesOf(frame));
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        return response;
    }

    /** What no error code of the protocol has a status for. */
    private static final class NoSuchResource extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient RequestException reason;

        NoSuchResource(String message) {
            super(message, null, false, false);
            this.reason = new RequestException(ErrorCode.BAD_REQUEST, message);
        }
    }
}
