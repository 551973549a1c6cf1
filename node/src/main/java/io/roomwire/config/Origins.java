package io.roomwire.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The origins (RFC 6454) whose pages may connect, beside the node's own.
 *
 * @param allowed as browsers write them, such as {@code https://app.example.com}; {@code file://} and {@code null} for pages
 *     from files, as applications of web views have; or {@code *} for all
 */
public record Origins(Set<String> allowed) {
    private static final String ANY = "*";

    /** What browsers write for pages that have no host: the one by some, the other by others (HTML, "ASCII serialisation"). */
    private static final Set<String> HOSTLESS = Set.of("null", "file://");

    static Origins of(Settings settings) {
        List<String> given = settings.get(Keys.ORIGINS_ALLOWED);
        Set<String> allowed = new HashSet<>();
        for (String text : given) {
            String origin = text.toLowerCase(Locale.ROOT);
            if (!origin.equals(ANY) && !HOSTLESS.contains(origin) && !isOrigin(origin)) {
                throw settings.wrong(
                        Keys.ORIGINS_ALLOWED,
                        "* or origins as browsers send them: scheme, host and the port if it is not the scheme's own,"
                                + " such as https://app.example.com; or file://, or null");
            }
            allowed.add(origin);
        }
        return new Origins(Set.copyOf(allowed));
    }

    /** Anything else would never be equal to what a browser sends, and so keep out whom it should let in. */
    private static boolean isOrigin(String text) {
        try {
            URI uri = new URI(text);
            String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
            boolean schemesOwn = text.matches("http://.*:80|https://.*:443");
            return uri.getHost() != null && text.equals(uri.getScheme() + "://" + uri.getHost() + port) && !schemesOwn;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    public boolean allowsAll() {
        return allowed.contains(ANY);
    }
}
