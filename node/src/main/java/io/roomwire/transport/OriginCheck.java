package io.roomwire.transport;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.roomwire.config.Origins;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which pages may open a WebSocket (RFC 6455, section 10.2). A browser lets any page connect to any server, and sends the
 * user's cookies and the reach of the user's network with it; only the Origin header tells where the page is from.
 *
 * <p>Immutable: any thread may call.
 */
record OriginCheck(Origins origins) {
    /** A program that is no browser may send no Origin, or any: this check only keeps pages of other origins out. */
    boolean admits(HttpHeaders headers) {
        List<String> named = headers.getAll(HttpHeaderNames.ORIGIN);
        if (named.isEmpty() || origins.allowsAll()) {
            return true;
        }
        String origin = named.get(0).toLowerCase(Locale.ROOT);
        return named.size() == 1
                && (origins.allowed().contains(origin) || isOwn(origin, headers.get(HttpHeaderNames.HOST)));
    }

    /** Not by the scheme: behind a balancer that ends TLS the page is of https and the node does not know. */
    private static boolean isOwn(String origin, @Nullable String host) {
        if (host == null || host.isEmpty()) {
            return false;
        }
        return origin.equalsIgnoreCase("http://" + without(":80", host))
                || origin.equalsIgnoreCase("https://" + without(":443", host));
    }

    /** A browser leaves out the scheme's own port in Origin; what hands its request on may name it in Host. */
    private static String without(String port, String host) {
        return host.endsWith(port) ? host.substring(0, host.length() - port.length()) : host;
    }
}
