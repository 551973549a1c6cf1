package io.roomwire.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisPresenceTest extends RedisPresenceContract {
    private static RedisProcess redis;

    @BeforeAll
    static void startRedis() {
        redis = RedisProcess.standalone();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @Override
    Config.Redis redis() {
        return redis.config();
    }

    @Test
    void aRedisThatLostEverythingHearsItAgain() {
        first.presence.joined(room, ALICE);
        await().until(() -> events.seen.size() == 1);

        redis.restart();

        await().ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(get(first.presence.roster(room, 10)).members())
                                .containsEntry(ALICE, 1));
        await().untilAsserted(() ->
                assertThat(get(first.clients.commands().keys("rw:p:*"))).hasSize(1));
    }
}
