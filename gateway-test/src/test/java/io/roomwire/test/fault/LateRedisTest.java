package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A Redis that is away when a node starts is sought until it is there; a node that was killed with it comes back alone. */
class LateRedisTest {
    @AutoClose
    private static final TestRedis REDIS = killed();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(2)
            .with("redis.uri", REDIS.uri())
            .with("presence.heartbeat", "200ms")
            .with("presence.timeout", "800ms")
            .start();

    private static TestRedis killed() {
        TestRedis redis = TestRedis.process();
        redis.kill();
        return redis;
    }

    @Test
    void nodesThatStartedWithoutRedisTakePartWhenItComes() {
        assertThat(redisOf(0)).isEqualTo("down");
        TestClient early = TestClient.connect(CLUSTER.node(0));
        assertThat(early.ask("join", "room_id", "late", "user_id", "early").get("code"))
                .isEqualTo("unavailable");

        REDIS.restart();
        for (int i = 0; i < 2; i++) {
            int node = i;
            await("node " + node + " has found Redis")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> redisOf(node).equals("up"));
        }
        TestClient ada = TestClient.member(CLUSTER.node(0), "late", "ada");
        TestClient bob = TestClient.member(CLUSTER.node(1), "late", "bob");
        long seq = ada.broadcast("late", "hello");
        assertThat(ada.next("broadcast").seq()).isEqualTo(seq);
        assertThat(bob.next("broadcast").seq()).isEqualTo(seq);
        await("both are seen, and stay so for longer than a node without a heartbeat would")
                .atMost(Duration.ofSeconds(20))
                .during(Duration.ofSeconds(2))
                .until(() -> ada.presence("late").get("count").asInt() == 2);
    }

    private static String redisOf(int node) {
        return CLUSTER.node(node).health().get("redis").asText();
    }
}
