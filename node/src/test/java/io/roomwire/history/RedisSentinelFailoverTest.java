package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisProcess;
import io.roomwire.redis.RedisSentinelProcess;
import org.junit.jupiter.api.AfterEach;

class RedisSentinelFailoverTest extends RedisFailoverContract {
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

    @Override
    RedisProcess replica() {
        return servers.replica();
    }
}
