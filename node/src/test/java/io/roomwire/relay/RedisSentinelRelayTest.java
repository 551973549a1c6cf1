package io.roomwire.relay;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisSentinelProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisSentinelRelayTest extends RedisRelayContract {
    private static RedisSentinelProcess servers;

    @BeforeAll
    static void startServers() {
        servers = new RedisSentinelProcess();
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
