package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A Redis that is there and does not do all that it should: it is said, and no client is told what is not so. */
class RedisRefusesTest {
    private static final Duration NOTICED = Duration.ofSeconds(30);

    @AutoClose
    private final TestRedis redis = TestRedis.process();

    @AutoClose
    private final TestCluster cluster = aCluster()
            .nodes(2)
            .with("redis.uri", redis.uri())
            .with("presence.heartbeat", "500ms")
            .start();

    private final TestNode node = cluster.node(0);

    private void awaitRedis(String start) {
        await().atMost(NOTICED).until(() -> node.health().get("redis").asText().startsWith(start));
    }

    @Test
    void whenItTakesNoWritesHealthSaysWhyAndPresenceIsUnavailable() {
        TestClient ada = TestClient.member(node, "room", "ada");
        redis.configure("maxmemory", "1");
        awaitRedis("down: takes no writes: its maxmemory is reached (OOM)");

        assertThat(node.health().get("status").asText()).isEqualTo("degraded");
        assertThat(node.metrics().value("roomwire_redis_up")).isZero();
        assertThat(node.ops("/ready").statusCode())
                .as("another node is no better")
                .isEqualTo(200);
        assertThat(ada.ask("presence", "room_id", "room").get("code")).isEqualTo("unavailable");

        redis.configure("maxmemory", "0");
        awaitRedis("up");
        assertThat(node.metrics().value("roomwire_redis_up")).isEqualTo(1);
        assertThat(ada.presence("room").get("count").asInt()).isEqualTo(1);
    }

    @Test
    void whileItGivesNoSubscriptionTheNodeIsNotReadyAndWhatIsStoredIsAcked() {
        TestClient ada = TestClient.member(node, "room", "ada");
        TestClient bob = TestClient.member(cluster.node(1), "room", "bob");
        redis.refuse("subscribe", "publish");
        redis.dropSubscriptions();

        long seq = ada.broadcast("room", "stored");
        assertThat(ada.next("broadcast").seq()).isEqualTo(seq);
        assertThat(bob.next("broadcast").seq()).as("from the log").isEqualTo(seq);
        await().atMost(NOTICED).until(() -> node.ops("/ready").statusCode() == 503);
        assertThat(node.health().get("relay").asText()).startsWith("down: Redis");

        redis.allowAll();
        await().atMost(NOTICED).until(() -> node.ops("/ready").statusCode() == 200);
    }
}
