package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** One connection that joins and leaves ever new rooms, as fast as it can. */
class RoomFloodTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Requests that are under way at a time. */
    private static final int BATCH = 500;

    private static TestCluster.Builder unlimited() {
        return aCluster().with("limits.messages-per-second", 0).with("limits.rooms-per-connection", 0);
    }

    private static int rooms(TestNode node) {
        return node.health().get("rooms").asInt();
    }

    private static void joinAndLeave(TestClient client, int from, int rooms) {
        for (int begin = from; begin < from + rooms; begin += BATCH) {
            for (int i = begin; i < begin + BATCH; i++) {
                client.tell("join", "room_id", "flood-" + i);
                client.tell("leave", "room_id", "flood-" + i);
            }
            int joined = 0;
            for (int answer = 0; answer < 2 * BATCH; answer++) {
                joined += client.next().is("joined") ? 1 : 0;
            }
            assertThat(joined).isEqualTo(BATCH);
        }
    }

    @Test
    void roomsThatWereLeftAreClosedAndTheirChannelsToo() {
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster = unlimited()
                        .with("redis.uri", redis.uri())
                        .with("redis.timeout", "30s")
                        .with("rooms.linger", "200ms")
                        .start()) {
            TestClient client = TestClient.member(cluster.node(), "home", "ada");
            int openBefore = rooms(cluster.node());
            int channelsBefore = redis.channels();

            joinAndLeave(client, 0, 5000);

            await("rooms close").atMost(PATIENCE).until(() -> rooms(cluster.node()) == openBefore);
            await("nothing is listened to").atMost(PATIENCE).until(() -> redis.channels() == channelsBefore);
            client.broadcast("home", "still here");
            assertThat(client.next("broadcast").seq()).isEqualTo(1);
            client.close();
        }
    }

    /** Many connections would else hold as many rooms as they can join within the time. */
    @Test
    void howeverLongRoomsLingerTheirNumberIsBounded() {
        int bound = 50_000;
        try (TestCluster cluster = unlimited().with("rooms.linger", "1h").start()) {
            TestClient client = TestClient.member(cluster.node(), "home", "ada");
            joinAndLeave(client, 0, bound - BATCH);
            int lingering = rooms(cluster.node());
            assertThat(lingering).isGreaterThanOrEqualTo(bound - BATCH);

            joinAndLeave(client, bound, 5000);

            await("the others close").atMost(PATIENCE).until(() -> rooms(cluster.node()) <= bound + 2);
            client.broadcast("home", "still here");
            assertThat(client.next("broadcast").seq()).isEqualTo(1);
            client.close();
        }
    }
}
