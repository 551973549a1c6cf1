package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Clients that ask for everything that was said, and read it slowly or not at all. */
class ResumeFloodTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SMALL_BUFFER_BYTES = 4096;
    private static final String LARGE = "x".repeat(60_000);

    /** A room of each name, with so many large messages. */
    private static void fill(TestNode node, int rooms, int messages) {
        TestClient writer = TestClient.connect(node);
        for (int room = 0; room < rooms; room++) {
            writer.join("room-" + room, "writer");
            for (int i = 0; i < messages; i++) {
                writer.tell("broadcast", "room_id", "room-" + room, "content", LARGE);
                writer.next("broadcast");
            }
            writer.leave("room-" + room);
        }
        writer.close();
    }

    private static double received(TestNode node) {
        return node.metrics().value("roomwire_messages_received_total");
    }

    /** Asks for all of those rooms and reads nothing; what it asked is with the node when this returns. */
    private static TestClient deaf(TestNode node, String user, int rooms) {
        TestClient client = TestClient.to(node)
                .receiveBuffer(SMALL_BUFFER_BYTES)
                .listener((self, frame) -> {})
                .connect();
        client.stopReading();
        double before = received(node);
        for (int room = 0; room < rooms; room++) {
            client.tell("join", "room_id", "room-" + room, "user_id", user, "after", 0);
        }
        await().atMost(PATIENCE).until(() -> received(node) >= before + rooms);
        return client;
    }

    @Test
    void whoAsksForAllRoomsAndReadsNothingHoldsOnePageOfThem() {
        try (TestCluster cluster = aCluster()
                .with("memory-log.bytes", "128MiB")
                .with("limits.bytes-per-second", 0)
                .jvm("-Xmx256m", "-XX:MaxDirectMemorySize=128m")
                .start()) {
            TestNode node = cluster.node();
            fill(node, 60, 15);
            List<TestClient> deaf = new ArrayList<>();
            for (int i = 0; i < 12; i++) { // twelve times 60 pages of a MiB
                deaf.add(deaf(node, "deaf-" + i, 60));
            }
            TestClient other = TestClient.member(node, "elsewhere", "other");
            assertThat(other.broadcast("elsewhere", "hello")).isEqualTo(1);
            other.next("broadcast");
            other.tell("join", "room_id", "room-8", "after", 0);
            assertThat(other.next("joined").get("recovered")).isEqualTo("true");
            assertThat(other.next("broadcast", 15)).hasSize(15);
            assertThat(node.isAlive()).isTrue();
            other.close();
            deaf.forEach(TestClient::drop);
        }
    }

    @Test
    void whoTakesTooLongForAPageWhileOthersWaitForTheirsHasToGo() {
        try (TestCluster cluster = aCluster()
                .with("limits.page-bytes", "2MiB")
                .with("limits.bytes-per-second", 0)
                .start()) {
            TestNode node = cluster.node();
            fill(node, 8, 15);
            List<TestClient> deaf = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                deaf.add(deaf(node, "deaf-" + i, 8));
            }
            TestClient other = TestClient.member(node, "elsewhere", "other");
            other.tell("join", "room_id", "room-3", "after", 0);

            other.expect("joined");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(other.unread()).hasSize(15));
            other.next("broadcast", 15);
            assertThat(node.metrics().sum("roomwire_connections_closed_total", "code=\"4002\""))
                    .isPositive();
            other.close();
            deaf.forEach(TestClient::ignoreRest);
            deaf.forEach(TestClient::drop);
        }
    }

    /** What it has asked for itself waits for it; only what others say is a backlog. */
    @Test
    void whoComesBackToManyRoomsAndReadsSlowlyIsNotCutForItsOwnResume() {
        int rooms = 50;
        try (TestCluster cluster = aCluster()
                .with("backlog.bytes", "256KiB")
                .with("limits.bytes-per-second", 0)
                .start()) {
            TestNode node = cluster.node();
            fill(node, rooms, 5);
            Map<String, List<Long>> seen = new ConcurrentHashMap<>();
            TestClient slow = TestClient.to(node)
                    .receiveBuffer(SMALL_BUFFER_BYTES)
                    .listener((self, frame) -> {
                        if (frame.is("broadcast")) {
                            seen.computeIfAbsent(frame.get("room_id"), room -> new ArrayList<>())
                                    .add(frame.seq());
                        }
                    })
                    .connect();
            slow.stopReading();
            double before = received(node);
            for (int room = 0; room < rooms; room++) {
                slow.tell("join", "room_id", "room-" + room, "user_id", "slow", "after", 0);
            }
            await().atMost(PATIENCE).until(() -> received(node) >= before + rooms);
            TestClient writer = TestClient.connect(node);
            for (int room = 0; room < rooms; room++) {
                writer.join("room-" + room, "writer");
                writer.broadcast("room-" + room, "live");
                writer.next("broadcast");
            }

            slow.readOn();

            List<Long> all = LongStream.rangeClosed(1, 6).boxed().toList();
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(seen).hasSize(rooms);
                assertThat(seen.values()).allMatch(all::equals);
            });
            assertThat(slow.isOpen()).isTrue();
            assertThat(slow.close().code()).isNotEqualTo(Closing.NO_GOODBYE);
            writer.close();
        }
    }
}
