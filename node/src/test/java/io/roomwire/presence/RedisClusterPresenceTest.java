package io.roomwire.presence;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisClusterProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisClusterPresenceTest extends RedisPresenceContract {
    private static RedisClusterProcess servers;

    @BeforeAll
    static void startServers() {
        servers = new RedisClusterProcess();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @Override
    Config.Redis redis() {
        return servers.config();
    }
}
