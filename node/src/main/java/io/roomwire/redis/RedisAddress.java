package io.roomwire.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** From the configured URI to Lettuce's. No message and no text of it shows user or password. */
final class RedisAddress {
    private RedisAddress() {}

    /**
     * One URI for a server or a set of Sentinels, one a host for a cluster.
     *
     * @throws ConfigException that says what is wrong, without the URI's credentials
     */
    static List<RedisURI> of(Config.Redis config) {
        List<RedisURI> uris;
        try {
            uris = config.mode() == Config.RedisMode.CLUSTER
                    ? RedisClusterURIUtil.toRedisURIs(URI.create(config.uri()))
                    : List.of(RedisURI.create(config.uri()));
        } catch (RuntimeException e) { // its message and its cause may quote the password
            throw wrong(config, "redis://[user:password@]host[:port][,host...][/database]");
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
        return config.uri().replaceFirst("//.*@", "//***@");
    }
}
