package io.roomwire.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The demo page: a handful of files, in memory, read-only. Any thread may call. */
final class Site {
    /** Nothing from elsewhere, nothing inline, nobody frames it. */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; "
            + "frame-ancestors 'none'";

    private final Map<String, Page> pages = new HashMap<>();

    /** @param type for Content-Type */
    @SuppressWarnings("ArrayRecordComponent") // read only by who writes it to a socket
    record Page(String type, byte[] body) {}

    Site() {
        add("/", "index.html", "text/html; charset=utf-8");
        add("/demo/demo.css", "demo.css", "text/css; charset=utf-8");
        for (String script : List.of("demo.js", "log.js", "stage.js", "roomwire.js")) {
            add("/demo/" + script, script, "text/javascript; charset=utf-8");
        }
        add("/demo/favicon.svg", "favicon.svg", "image/svg+xml");
    }

    private void add(String path, String file, String type) {
        try (InputStream in = Site.class.getResourceAsStream("/demo/" + file)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: demo/" + file);
            }
            pages.put(path, new Page(type, in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException("demo/" + file, e);
        }
    }

    /** The page of a path without its query, or null. */
    @Nullable
    Page page(String path) {
        return pages.get(path);
    }
}
