package io.roomwire.relay;

import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisClusterRelayFailoverTest extends RedisRelayFailoverContract {
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

    @Test
    void aSubscriptionFollowsItsSlot() {
        servers.migrateSlotOf(RedisProcess.KEYS.channel(room.text()));

        await().atMost(PATIENCE).until(() -> peerReceived.interruptions.get() > 0);
        awaitMessages();
    }
}
