package io.roomwire.ops;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A page and its files, in memory, read-only. Any thread may call. */
public final class Site {
    /** Nothing from elsewhere, nothing inline, nobody frames it. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    private final Map<String, File> files = new HashMap<>();
    private final String policy;

    /** @param type for Content-Type */
    @SuppressWarnings("ArrayRecordComponent") // read only by who writes it to a socket
    private record File(String type, byte[] body) {}

    /**
     * @param path of the page
     * @param page its resource
     * @param rest resources that it loads, each at its own name
     * @param connects what scripts may connect to beside HTTP where the page is from
     */
    private Site(String path, String page, List<String> rest, String connects) {
        policy = CONTENT_SECURITY_POLICY + connects;
        files.put(path, read(page));
        rest.forEach(file -> files.put("/" + file, read(file)));
    }

    /** For the client port: a client of this node. */
    public static Site demo() {
        List<String> rest = List.of(
                "demo/paper.css",
                "demo/demo.css",
                "demo/demo.js",
                "demo/hues.js",
                "demo/log.js",
                "demo/stage.js",
                "demo/roomwire.js",
                "demo/favicon.svg");
        return new Site("/", "demo/index.html", rest, " ws: wss:");
    }

    /** For the operations port: what the server API shows and does, by hand. */
    static Site console() {
        List<String> rest = List.of("demo/paper.css", "console/console.css", "console/console.js", "demo/favicon.svg");
        return new Site("/console", "console/index.html", rest, "");
    }

    private static File read(String name) {
        try (InputStream in = Site.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + name);
            }
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException("a file of no known type: " + name);
            }
            return new File(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    /**
     * The answer for a path without its query; null if nothing is there.
     *
     * @param head only the headers are wanted
     */
    public @Nullable FullHttpResponse answer(String path, boolean head) {
        File file = files.get(path);
        if (file == null) {
            return null;
        }
        ByteBuf body = head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(file.body());
        FullHttpResponse found = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
        found.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, file.type())
                .set(HttpHeaderNames.CONTENT_LENGTH, file.body().length)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, policy)
                .set("Referrer-Policy", "no-referrer");
        return found;
    }
}
