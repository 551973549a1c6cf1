package io.roomwire.ops;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What any server makes of a request whatever its path (RFC 9112, section 3.2; RFC 9110, section 9.3.2). Any thread may call. */
public final class RequestForm {
    /** A client that believes that it talks to a proxy names the whole URL. */
    private static final Pattern ABSOLUTE =
            Pattern.compile("(?:https?|wss?)://([^/?#]*)(.*)", Pattern.CASE_INSENSITIVE);

    private RequestForm() {}

    /**
     * Gives a request whose target is a whole URL the form of all others; its host then counts, and not the header.
     *
     * @return why it has to be refused with 400, null if it has not
     */
    public static @Nullable String settle(HttpRequest request) {
        if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1) {
            return "there is more than one Host";
        }
        Matcher absolute = ABSOLUTE.matcher(request.uri());
        if (absolute.matches()) {
            String rest = absolute.group(2);
            request.setUri(rest.startsWith("/") ? rest : "/" + rest);
            request.headers().set(HttpHeaderNames.HOST, absolute.group(1));
        }
        return null;
    }

    /** The answer to HEAD, made of that to GET: its length is still told (RFC 9110, section 9.3.2). */
    public static FullHttpResponse withoutBody(FullHttpResponse answer) {
        answer.release();
        return answer.replace(Unpooled.EMPTY_BUFFER);
    }

    /** The path without its query. */
    public static String path(HttpRequest request) {
        String uri = request.uri();
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }
}
