package io.roomwire.relay;

import io.roomwire.config.Config;
import io.roomwire.config.Config.RedisMode;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisSentinelRelayTest extends RedisRelayContract {
    private static RedisProcess server;
    private static RedisProcess sentinel;

    @BeforeAll
    static void startRedis() {
        server = RedisProcess.standalone();
        sentinel = RedisProcess.sentinel(server.port());
    }

    @AfterAll
    static void stopRedis() {
        sentinel.close();
        server.close();
    }

    @Override
    Config.Redis redis() {
        return new Config.Redis("redis-sentinel://127.0.0.1:" + sentinel.port() + "#main", RedisMode.SENTINEL, 2000);
    }
}
