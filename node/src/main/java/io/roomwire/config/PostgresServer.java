package io.roomwire.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One PostgreSQL, as the driver wants it.
 *
 * @param url a JDBC URL; without credentials, unless it was written as one
 * @param user empty: the driver's own default
 * @param password empty: none
 */
public record PostgresServer(String url, String user, Secret password) {
    private static final String JDBC = "jdbc:postgresql:";

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
                        Keys.POSTGRES_URI, "postgres://user:password@host:port/database or jdbc:postgresql:...");
            }
        }
        return List.copyOf(servers);
    }

    private static PostgresServer parse(String text, String user, Secret password) throws URISyntaxException {
        if (text.startsWith(JDBC)) {
            return new PostgresServer(text, user, password);
        }
        URI uri = new URI(text);
        String authority = uri.getRawAuthority();
        if (uri.getScheme() == null || !uri.getScheme().matches("postgres(ql)?") || authority == null) {
            throw new URISyntaxException("postgres.uri", "not a PostgreSQL URI");
        }
        int at = authority.lastIndexOf('@');
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
