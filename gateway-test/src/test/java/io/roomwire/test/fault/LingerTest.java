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

/** A room that nobody uses closes after {@code rooms.linger}. */
class LingerTest {
    private static final Duration LINGER = Duration.ofMillis(500);

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("redis.uri", REDIS.uri())
            .with("redis.timeout", "30s")
            .with("rooms.linger", LINGER.toMillis() + "ms")
            .start();

    /**
     * Closed under one who resumes, the room had a member that nobody told anything; when that one left, the next room of
     * that id counted a member too few, and passed by those whom it had.
     */
    @Test
    void notWhileSomebodyIsOnTheWayIn() {
        TestClient ada = TestClient.connect(CLUSTER.node());
        String epoch = ada.join("lingers", "ada").get("epoch");
        ada.broadcast("lingers", 1);
        ada.broadcast("lingers", 2);
        ada.next("broadcast", 2);
        TestClient bob = TestClient.connect(CLUSTER.node());
        bob.join("elsewhere", "bob");
        ada.leave("lingers");

        REDIS.pause();
        String join = bob.askLater("join", "room_id", "lingers", "after", 1, "epoch", epoch);
        await("the time is over").during(LINGER.multipliedBy(3)).until(() -> true);
        REDIS.resume();
        assertThat(bob.answer(join).is("joined")).isTrue();
        assertThat(bob.next("broadcast").seq()).isEqualTo(2);

        ada.join("lingers", "ada");
        ada.broadcast("lingers", 3);
        assertThat(ada.next("broadcast").seq()).isEqualTo(3);
        assertThat(bob.next("broadcast").seq()).isEqualTo(3);
    }
}
