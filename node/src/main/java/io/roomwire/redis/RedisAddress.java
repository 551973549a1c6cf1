package io.roomwire.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.List;
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
            uris = config.mode() == Config.RedisMode.CLUSTER
                    ? RedisClusterURIUtil.toRedisURIs(URI.create(config.uri()))
                    : List.of(RedisURI.create(config.uri()));
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

    private static ConfigException wrong(Config.Redis config, String expected) {
        return new ConfigException("redis.uri: expected " + expected + ", found " + shown(config));
    }

    /** The URI without its credentials. */
    static String shown(Config.Redis config) {
        return Secret.withoutCredentials(config.uri());
    }
}
