package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestProxy;
import io.roomwire.test.cluster.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Every connection looks fine, and yet messages do not arrive: the node notices, says so, and mends it by itself. */
class BrokenDeliveryTest {
    private static final Duration NOTICED = Duration.ofSeconds(30);

    @AutoClose
    private final TestRedis redis = TestRedis.process();

    @AutoClose
    private final TestProxy proxy = TestProxy.before(redis);

    @AutoClose
    private final TestCluster broken = aCluster().with("redis.uri", proxy.uri()).start();

    @AutoClose
    private final TestCluster sound = aCluster().with("redis.uri", redis.uri()).start();

    private final TestNode node = broken.node();

    @Test
    void aSubscriptionThatRedisForgotIsMadeAnew() {
        TestClient ada = TestClient.member(node, "room", "ada");
        TestClient bob = TestClient.member(sound.node(), "room", "bob");
        awaitProbe();

        proxy.forgetSubscriptions();

        long seq = bob.broadcast("room", "into the dark");
        bob.next("broadcast");
        assertThat(awaitUnready()).contains("what is published at Redis", "does not come back");
        assertThat(node.metrics().value("roomwire_relay_probes_missed_total")).isGreaterThanOrEqualTo(2);
        assertThat(node.metrics().value("roomwire_relay_up")).isZero();
        assertThat(ada.next("broadcast").seq()).as("the log has it").isEqualTo(seq);
        awaitReady();
        assertThat(node.output()).contains("relay: what is published at Redis").contains("see that redis.uri leads to");
        assertThatMessagesCross("cursors:healed");
        assertThat(sound.node().ops("/ready").statusCode()).as("the other node").isEqualTo(200);
    }

    @Test
    void aConnectionForCommandsThatIsDeadIsMadeAnew() {
        awaitProbe();

        proxy.silence(TestProxy.Kind.COMMANDS);

        await("a ping told").atMost(NOTICED).until(() -> node.output().contains("no answer to a ping"));
        double before = node.metrics().value("roomwire_relay_probe_seconds_count");
        await("delivery is proven over the new one")
                .atMost(NOTICED)
                .until(() -> node.metrics().value("roomwire_relay_probe_seconds_count") > before);
        awaitReady();
        assertThatMessagesCross("durable");
    }

    @Test
    void aSubscriptionThatAFailoverLeftBehindIsMadeAnew() {
        awaitProbe();
        try (TestRedis next = TestRedis.process()) {
            proxy.failOver(next);

            awaitUnready();
            awaitReady();
            // A durable message too: its seq comes from the server that it is published at.
            TestClient ada = TestClient.member(node, "after", "ada");
            assertThat(ada.broadcast("after", 1)).isEqualTo(1);
            ada.next("broadcast");
        }
    }

    @Test
    void aRedisThatIsAwayLeavesTheNodeReady() {
        awaitProbe();

        redis.pause();

        await().atMost(NOTICED).until(() -> node.health().get("relay").asText().startsWith("down"));
        assertThat(node.health().get("status").asText()).isEqualTo("degraded");
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200);
        redis.resume();
        await().atMost(NOTICED).until(() -> node.health().get("relay").asText().equals("up"));
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200);
    }

    private void awaitProbe() {
        await("delivery was proven once")
                .atMost(NOTICED)
                .until(() -> node.metrics().value("roomwire_relay_probe_seconds_count") > 0);
        assertThat(node.health().get("relay").asText()).isEqualTo("up");
    }

    private String awaitUnready() {
        HttpResponse<String> answer = await("it is not ready")
                .atMost(NOTICED)
                .until(() -> node.ops("/ready"), ready -> ready.statusCode() == 503);
        assertThat(node.health().get("relay").asText()).startsWith("down: ");
        return answer.body();
    }

    private void awaitReady() {
        await("it has mended itself")
                .atMost(NOTICED)
                .until(() -> node.ops("/ready").statusCode() == 200);
        assertThat(node.health().get("relay").asText()).isEqualTo("up");
    }

    private void assertThatMessagesCross(String room) {
        TestClient ada = TestClient.member(node, room, "ada-2");
        TestClient bob = TestClient.member(sound.node(), room, "bob-2");
        for (TestClient sender : new TestClient[] {ada, bob}) {
            sender.tell("broadcast", "room_id", room, "content", "across");
            ada.next("broadcast");
            bob.next("broadcast");
        }
    }
}
