package io.roomwire.config;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The names by which a request may call a server that asks nobody who he is. A page can make its own name point at
 * this machine (DNS rebinding), and is then of the same origin to the browser; Host tells. Immutable.
 *
 * @param names as they stand in Host, in lower case and without a port; or {@code *} for all
 * @param onClientPort whether they count on the clients' port too: nothing else guards it
 */
public record Hosts(Set<String> names, boolean onClientPort) {
    private static final String ANY = "*";

    /** An address cannot be made to point elsewhere. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[.*]");

    /** Nobody can have these names in the public DNS (RFC 6761, RFC 6762; reserved by ICANN in 2024), nor one without a dot. */
    private static final List<String> LOCAL = List.of(".localhost", ".local", ".internal");

    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}]([\\p{L}\\p{N}._-]*[\\p{L}\\p{N}])?");

    static Hosts of(Settings settings, boolean open) {
        Set<String> names = new HashSet<>();
        for (String given : settings.get(Keys.HOSTS_ALLOWED)) {
            if (!given.equals(ANY) && !NAME.matcher(given).matches()) {
                throw settings.wrong(Keys.HOSTS_ALLOWED, "* or names as they stand in Host, without a port");
            }
            names.add(given.toLowerCase(Locale.ROOT));
        }
        String host = settings.get(Keys.HOST);
        names.add(host.toLowerCase(Locale.ROOT));
        names.add(settings.get(Keys.OPS_HOST).toLowerCase(Locale.ROOT));
        return new Hosts(Set.copyOf(names), open && SafeUrl.isLoopback(host));
    }

    /** @param host the value of the header; empty for none, which is no browser */
    public boolean admit(String host) {
        String name = withoutPort(host.strip().toLowerCase(Locale.ROOT));
        return name.indexOf('.') < 0
                || ADDRESS.matcher(name).matches()
                || names.contains(name)
                || names.contains(ANY)
                || LOCAL.stream().anyMatch(name::endsWith);
    }

    /** And without the dot that a full name may end with. */
    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
