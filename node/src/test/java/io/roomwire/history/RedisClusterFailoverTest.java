package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterEach;

class RedisClusterFailoverTest extends RedisFailoverContract {
    private RedisClusterProcess servers;

    @Override
    Config.Redis startServers() {
        servers = RedisClusterProcess.withReplicas();
        return servers.config();
    }

    @AfterEach
    void stopServers() {
        servers.close();
    }

    @Override
    RedisProcess master() {
        return servers.masterOf(RedisProcess.KEYS.channel(room.text()));
    }

    @Override
    RedisProcess replica() {
        return servers.replicaOf(RedisProcess.KEYS.channel(room.text()));
    }
}
