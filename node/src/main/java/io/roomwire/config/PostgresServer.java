package io.roomwire.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One PostgreSQL, as the driver wants it.
 *
 * @param url a JDBC URL; without credentials, unless it was written as one
 * @param user empty: the driver's own default
 * @param password empty: none
 */
public record PostgresServer(String url, String user, Secret password) {
    private static final String JDBC = "jdbc:postgresql:";

    /** What the driver takes; anything else it quotes in its complaint, and it may be a part of a password. */
    private static final Pattern HOSTS = Pattern.compile("(?:(?:\\[[^]]*]|[^]\\[:,@]*)(?::\\d+)?(?:,|$))*");

    static List<PostgresServer> all(Settings settings) {
        String text = settings.get(Keys.POSTGRES_URI).strip();
        String user = settings.get(Keys.POSTGRES_USER);
        Secret password = settings.get(Keys.POSTGRES_PASSWORD);
        List<PostgresServer> servers = new ArrayList<>();
        if (text.isEmpty()) {
            return List.of();
        }
        // a comma inside one URL stands between the hosts of a failover pair
        for (String uri : text.split("\\s*,\\s*(?=jdbc:|postgres:|postgresql:)", -1)) {
            try {
                servers.add(parse(uri, user, password));
            } catch (URISyntaxException | IllegalArgumentException e) {
                throw settings.wrong(
                        Keys.POSTGRES_URI,
                        "postgres://user:password@host:port/database, with %2F for / and so on,"
                                + " or jdbc:postgresql:... with ?user=...&password=...");
            }
        }
        return List.copyOf(servers);
    }

    private static PostgresServer parse(String text, String user, Secret password) throws URISyntaxException {
        if (text.startsWith(JDBC)) {
            String[] parts = text.substring(JDBC.length()).split("[?]", 2)[0].split("/", 4);
            boolean named = parts.length > 2 && parts[0].isEmpty() && parts[1].isEmpty();
            if (parts[parts.length - 1].contains("@")
                    || (named && !HOSTS.matcher(parts[2]).matches())) {
                throw new URISyntaxException("postgres.uri", "credentials where the driver has none");
            }
            return new PostgresServer(text, user, password);
        }
        URI uri = new URI(text);
        String authority = uri.getRawAuthority();
        if (uri.getScheme() == null || !uri.getScheme().matches("postgres(ql)?") || authority == null) {
            throw new URISyntaxException("postgres.uri", "not a PostgreSQL URI");
        }
        int at = authority.lastIndexOf('@');
        if (uri.getRawPath().contains("@")
                || uri.getRawFragment() != null
                || !HOSTS.matcher(authority.substring(at + 1)).matches()) {
            throw new URISyntaxException("postgres.uri", "a password with a sign that ends the authority");
        }
        String[] named = at < 0 ? new String[0] : authority.substring(0, at).split(":", 2);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new PostgresServer(
                JDBC + "//" + authority.substring(at + 1) + path + query,
                user.isEmpty() && named.length > 0 ? decoded(named[0]) : user,
                password.text().isEmpty() && named.length > 1 ? new Secret(decoded(named[1])) : password);
    }

    private static String decoded(String text) {
        // a plus is itself in the user part of a URI
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The address without parameters, since these may hold a password. */
    @Override
    public String toString() {
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query);
    }
}
