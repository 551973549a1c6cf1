package io.roomwire.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** From the configured URI to Lettuce's. No message and no text of it shows user or password. */
final class RedisAddress {
    /** Otherwise a part of the password is taken for a host or a path, and shown. */
    private static final Pattern ONE_AT = Pattern.compile("[^@]*@[^@]*");

    private RedisAddress() {}

    /**
     * One URI for a server or a set of Sentinels, one a host for a cluster.
     *
     * @throws ConfigException that says what is wrong, without the URI's credentials
     */
    static List<RedisURI> of(Config.Redis config) {
        List<RedisURI> uris;
        try {
            String authority = URI.create(config.uri()).getRawAuthority();
            if (config.uri().contains("@")
                    && (authority == null || !ONE_AT.matcher(authority).matches())) {
                throw new IllegalArgumentException("a password with a sign that is not encoded");
            }
            Map<String, String> aliases = new HashMap<>();
            String uri = withAliases(config.uri(), authority == null ? "" : authority, aliases);
            uris = config.mode() == Config.RedisMode.CLUSTER
                    ? RedisClusterURIUtil.toRedisURIs(URI.create(uri))
                    : List.of(RedisURI.create(uri));
            uris.forEach(each -> nameAgain(each, aliases));
        } catch (RuntimeException e) { // its message and its cause may quote the password
            throw wrong(config, "redis://[user:password@]host[:port][,host...][/database], with %2F for / and so on");
        }
        boolean sentinels = uris.stream().anyMatch(uri -> !uri.getSentinels().isEmpty());
        if (sentinels != (config.mode() == Config.RedisMode.SENTINEL)) {
            throw wrong(
                    config,
                    sentinels
                            ? "redis:// or rediss://, since redis.mode is not sentinel"
                            : "redis-sentinel://host[,host...]#name, since redis.mode is sentinel");
        }
        if (config.mode() == Config.RedisMode.STANDALONE
                && uris.get(0).getHost().contains(",")) {
            throw wrong(config, "one host, since redis.mode is standalone");
        }
        uris.forEach(uri -> uri.setTimeout(Duration.ofMillis(config.timeoutMs())));
        return uris;
    }

    /**
     * With another name for each host that has an underscore. Java's URIs have no host then, and Lettuce takes all of the
     * authority for one; but containers have such names, and they resolve.
     *
     * @param aliases gets the new names with those that they stand for
     */
    private static String withAliases(String uri, String authority, Map<String, String> aliases) {
        String hosts = authority.substring(authority.lastIndexOf('@') + 1);
        if (!hosts.contains("_")) {
            return uri;
        }
        StringBuilder named = new StringBuilder();
        for (String each : hosts.split(",", -1)) {
            String host = each.replaceFirst(":\\d*$", "");
            String alias = host.contains("_") ? "alias-" + aliases.size() + ".invalid" : host;
            if (!alias.equals(host)) {
                aliases.put(alias, host);
            }
            named.append(named.isEmpty() ? "" : ",").append(alias).append(each.substring(host.length()));
        }
        int start = uri.indexOf(hosts, uri.indexOf("://") + 3 + authority.length() - hosts.length());
        return uri.substring(0, start) + named + uri.substring(start + hosts.length());
    }

    private static void nameAgain(RedisURI uri, Map<String, String> aliases) {
        if (uri.getHost() != null) {
            uri.setHost(aliases.getOrDefault(uri.getHost(), uri.getHost()));
        }
        uri.getSentinels().forEach(sentinel -> nameAgain(sentinel, aliases));
    }

    private static ConfigException wrong(Config.Redis config, String expected) {
        return new ConfigException("redis.uri: expected " + expected + ", found " + shown(config));
    }

    /** The URI without its credentials. */
    static String shown(Config.Redis config) {
        return Secret.withoutCredentials(config.uri());
    }
}
