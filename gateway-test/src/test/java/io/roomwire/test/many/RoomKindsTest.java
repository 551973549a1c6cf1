package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Rooms in two databases, in Redis and nowhere, side by side on one node. */
class RoomKindsTest {
    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestPostgres ONE = TestPostgres.start();

    @AutoClose
    private static final TestPostgres OTHER = TestPostgres.start();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("redis.uri", REDIS.uri())
            .with("postgres.uri", ONE.uri() + "," + OTHER.uri())
            .with("rooms.redis-log", "quick-,@")
            .with("rooms.durable", "quick-but-kept-")
            .start();

    private final TestNode node = CLUSTER.node();

    @Test
    void theLongestRuleSaysWhereARoomIs() {
        REDIS.kill();
        try {
            TestClient client = TestClient.connect(node);
            client.join("quick-but-kept-1", "ada");
            assertThat(client.broadcast("quick-but-kept-1", 1))
                    .as("needs no Redis")
                    .isEqualTo(1);
            client.next("broadcast");
            Frame refused = client.ask("join", "room_id", "quick-1");
            assertThat(refused.get("code")).isEqualTo("unavailable");
        } finally {
            REDIS.restart();
        }
        TestClient client = TestClient.connect(node);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> client.ask("join", "room_id", "quick-1", "user_id", "bob")
                        .is("joined"));
        assertThat(client.broadcast("quick-1", 1)).isEqualTo(1);
        client.next("broadcast");
        client.join("typing:1");
        client.tell("broadcast", "room_id", "typing:1", "content", 1);
        assertThat(client.next("broadcast").json().has("seq")).isFalse();
    }

    /** Twenty rooms, so that both databases have some. */
    @Test
    void roomsOfADatabaseThatIsLostAreUnavailableAndTheOthersGoOn() throws Exception {
        TestPostgres mortal = TestPostgres.start();
        try (TestCluster cluster =
                aCluster().with("postgres.uri", ONE.uri() + "," + mortal.uri()).start()) {
            TestClient client = TestClient.connect(cluster.node());
            for (int i = 0; i < 20; i++) {
                client.join("shared-" + i, "ada");
                client.broadcast("shared-" + i, 1);
                client.next("broadcast");
            }
            mortal.close();
            int stored = 0;
            int unavailable = 0;
            for (int i = 0; i < 20; i++) {
                Frame answer = client.ask("broadcast", "room_id", "shared-" + i, "content", 2);
                if (answer.is("ack")) {
                    stored++;
                    client.next("broadcast");
                } else {
                    assertThat(answer.get("code")).isEqualTo("unavailable");
                    unavailable++;
                }
            }
            assertThat(stored).isPositive();
            assertThat(unavailable).isPositive();
            assertThat(cluster.node().health().get("postgres").asText()).startsWith("down");
            client.ignoreRest();
        }
    }

    @Test
    void whatIsErasedKeepsItsPlaceForWhoReadsAndWhoComesBack() throws Exception {
        for (String room : new String[] {"erased", "quick-erased"}) {
            TestClient client = TestClient.connect(node);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> client.ask("join", "room_id", room, "user_id", "carol")
                            .is("joined"));
            client.broadcast(room, "secret");
            client.next("broadcast");
            String path = "/rooms/" + room + "/history";
            String before = node.http(path).headers().firstValue("etag").orElseThrow();
            String[] erase = {
                "erase",
                "--user",
                "carol",
                "--room",
                room,
                "--redis",
                REDIS.uri(),
                "--postgres",
                ONE.uri() + "," + OTHER.uri()
            };
            Jar.Result dry = Jar.run(Map.of(), erase);
            assertThat(dry.out()).as(dry.err()).contains("1 messages would be erased", "--yes");
            assertThat(node.http(path).body()).contains("secret");

            String[] really = java.util.Arrays.copyOf(erase, erase.length + 1);
            really[erase.length] = "--yes";
            Jar.Result done = Jar.run(Map.of(), really);
            assertThat(done.exitCode()).as(done.err()).isZero();
            assertThat(done.out()).contains("1 messages erased");

            JsonNode message = client.history(room).json().get("messages").get(0);
            assertThat(message.get("content").isNull()).isTrue();
            assertThat(message.get("erased").asBoolean()).isTrue();
            assertThat(message.get("seq").asLong()).isEqualTo(1);
            assertThat(node.http(path).body()).doesNotContain("secret");
            assertThat(node.http(path).headers().firstValue("etag")).isNotEqualTo(java.util.Optional.of(before));
            TestClient back = TestClient.connect(node);
            back.ask("join", "room_id", room, "user_id", "dave", "after", 0);
            assertThat(back.next("broadcast").json().get("erased").asBoolean()).isTrue();
        }
    }
}
