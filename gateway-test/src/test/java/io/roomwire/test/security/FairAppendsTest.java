package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One who writes as much as he can leaves the others their turns. */
class FairAppendsTest {
    private static final int FLOOD = 900;
    private static final String LARGE = "x".repeat(60_000);

    /** Of the flood that a message of another may have to wait for: what is under way, and turns. */
    private static final int OVERTAKING = 250;

    private static TestCluster.Builder unlimited() {
        return aCluster()
                .with("limits.messages-per-second", 0)
                .with("limits.bytes-per-second", 0)
                .with("limits.directs-per-recipient", 0)
                .with("limits.directs-to-one-user", 0)
                .with("postgres.writers", 1);
    }

    private static void assertOthersHaveTheirTurns(TestNode node) {
        TestClient other = TestClient.member(node, "elsewhere", "other");
        other.broadcast("elsewhere", "warm");
        AtomicInteger stored = new AtomicInteger();
        TestClient greedy = TestClient.to(node)
                .listener((self, frame) -> stored.addAndGet(frame.is("ack") || frame.is("error") ? 1 : 0))
                .connect();
        greedy.tell("join", "room_id", "lobby", "user_id", "greedy");
        for (int i = 0; i < FLOOD; i++) {
            greedy.tell("direct", "user_id", "nobody", "content", LARGE, "id", "flood-" + i);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> stored.get() > 0);
        while (stored.get() < FLOOD / 2) {
            int before = stored.get();
            other.broadcast("elsewhere", "hello");
            assertThat(stored.get() - before).isLessThan(OVERTAKING);
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> stored.get() == FLOOD);
        other.ignoreRest();
        greedy.ignoreRest();
    }

    @Test
    void inRedis() {
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster = unlimited()
                        .with("redis.uri", redis.uri())
                        .with("redis.timeout", "30s")
                        .start()) {
            assertOthersHaveTheirTurns(cluster.node());
        }
    }

    @Test
    void inPostgres() {
        try (TestPostgres postgres = TestPostgres.start();
                TestCluster cluster = unlimited()
                        .with("postgres.uri", postgres.uri())
                        .with("postgres.timeout", "60s")
                        .start()) {
            assertOthersHaveTheirTurns(cluster.node());
        }
    }
}
