package io.roomwire.relay;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisClusterProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisClusterRelayTest extends RedisRelayContract {
    private static RedisClusterProcess cluster;

    @BeforeAll
    static void startRedis() {
        cluster = new RedisClusterProcess();
    }

    @AfterAll
    static void stopRedis() {
        cluster.close();
    }

    @Override
    Config.Redis redis() {
        return cluster.config();
    }
}
