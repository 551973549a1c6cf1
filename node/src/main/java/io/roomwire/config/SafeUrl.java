package io.roomwire.config;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where a node asks for what it believes: over plain http whoever sits in between could answer. */
final class SafeUrl {
    private SafeUrl() {}

    /**
     * The value of the key; null if it is empty.
     *
     * @throws ConfigException if it is neither https nor on this machine
     */
    static @Nullable URI of(Settings settings, Key<String> key) {
        if (!settings.isSet(key)) {
            return null;
        }
        try {
            URI url = URI.create(settings.get(key).strip());
            String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
            boolean safe = scheme.equals("https")
                    || (scheme.equals("http") && url.getHost() != null && isLoopback(url.getHost()));
            if (safe && url.getHost() != null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // The complaint below says it better.
        }
        throw settings.wrong(key, "https://host/path, or http on a loopback address");
    }

    /** A name that is not known is nobody's to reach; whoever listens on it says so. */
    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return true;
        }
    }
}
