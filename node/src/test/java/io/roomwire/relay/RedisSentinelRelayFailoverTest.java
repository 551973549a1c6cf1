package io.roomwire.relay;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisProcess;
import io.roomwire.redis.RedisSentinelProcess;
import org.junit.jupiter.api.AfterEach;

class RedisSentinelRelayFailoverTest extends RedisRelayFailoverContract {
    private RedisSentinelProcess servers;

    @Override
    Config.Redis startServers() {
        servers = new RedisSentinelProcess();
        return servers.config();
    }

    @AfterEach
    void stopServers() {
        servers.close();
    }

    @Override
    RedisProcess master() {
        return servers.master();
    }
}
