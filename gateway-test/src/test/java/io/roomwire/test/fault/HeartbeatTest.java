package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
    private static final long INTERVAL_MS = 200;
    private static final long TIMEOUT_MS = 800;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("heartbeat.interval", INTERVAL_MS + "ms")
            .with("heartbeat.timeout", TIMEOUT_MS + "ms")
            .start();

    private final TestNode node = CLUSTER.node();

    @Test
    void whoAnswersPingsStays() {
        TestClient client = TestClient.member(node, "answers", "ada");
        int enough = (int) (3 * TIMEOUT_MS / INTERVAL_MS);
        client.awaitPings(enough);
        client.ping();
    }

    @Test
    void whoDoesNotAnswerIsClosedWith4001AndHasLeft() {
        TestClient watcher = TestClient.connect(node);
        watcher.joinWatching("silent", "watcher");
        TestClient silent = TestClient.to(node).silent().connect();
        long startNs = System.nanoTime();
        silent.join("silent", "bob");
        watcher.next("member_joined");

        Closing end = silent.expectClose();

        assertThat(end.code()).isEqualTo(4001);
        assertThat(end.reason()).isNotBlank();
        assertThat((end.atNs() - startNs) / 1_000_000).isBetween(TIMEOUT_MS - INTERVAL_MS, 5 * TIMEOUT_MS);
        assertThat(silent.pings()).isPositive();
        assertThat(watcher.next("member_left").get("user_id")).isEqualTo("bob");
        assertThat(watcher.presence("silent").get("count").asInt()).isEqualTo(1);
        assertThat(node.metrics().sum("roomwire_connections_closed_total", "code=\"4001\""))
                .isPositive();
    }

    /** Whose line is dead does not read our close frame either; the node must not wait for it. */
    @Test
    void whoDoesNotEvenReadHasLeftToo() {
        TestClient watcher = TestClient.connect(node);
        watcher.joinWatching("dead", "watcher");
        TestClient dead = TestClient.to(node).silent().connect().ignoreRest();
        dead.join("dead", "bob");
        dead.stopReading();
        watcher.next("member_joined");
        assertThat(watcher.next("member_left").get("user_id")).isEqualTo("bob");
    }

    @Test
    void anythingThatIsSaidIsASignOfLife() {
        TestClient client = TestClient.to(node).silent().connect();
        client.join("talks", "ada");
        long startNs = System.nanoTime();
        await().pollInterval(Duration.ofMillis(INTERVAL_MS / 2))
                .atMost(Duration.ofSeconds(30))
                .until(() -> {
                    client.ping();
                    return System.nanoTime() - startNs > 3 * TIMEOUT_MS * 1_000_000;
                });
    }

    /** A ping is for the silent: one who talks is alive anyway. */
    @Test
    void whoTalksIsNotPinged() {
        TestClient client = TestClient.member(node, "busy", "ada");
        long startNs = System.nanoTime();
        await().pollInterval(Duration.ofMillis(INTERVAL_MS / 10))
                .atMost(Duration.ofSeconds(30))
                .until(() -> {
                    client.ping();
                    return System.nanoTime() - startNs > 4 * INTERVAL_MS * 1_000_000;
                });
        assertThat(client.pings()).isLessThanOrEqualTo(1);
    }

    /** A node that stood still (a long pause of its machine) has heard nobody: that is not its clients' fault. */
    @Test
    void aNodeThatStoodStillDoesNotBlameItsClients() {
        TestClient client = TestClient.member(node, "paused", "ada");
        client.awaitPings(1);
        long pausedNs = System.nanoTime();
        node.pause();
        try {
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> System.nanoTime() - pausedNs
                            > Duration.ofMillis(3 * TIMEOUT_MS).toNanos());
        } finally {
            node.resume();
        }
        client.awaitPings(client.pings() + (int) (2 * TIMEOUT_MS / INTERVAL_MS));
        client.ping();
    }
}
