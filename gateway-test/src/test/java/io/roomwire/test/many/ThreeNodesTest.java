package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Any client on any node is in the same room as everybody else, with Redis alone behind the nodes. */
class ThreeNodesTest {
    @AutoClose
    private static final TestRedis REDIS = TestRedis.start();

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().nodes(3).with("redis.uri", REDIS.uri()).start();

    @Test
    void aBroadcastReachesTheMembersOnEveryNodeWithOneSeq() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "across", "ada");
        TestClient bob = TestClient.member(CLUSTER.node(1), "across", "bob");
        TestClient cyd = TestClient.member(CLUSTER.node(2), "across", "cyd");
        long seq = ada.broadcast("across", "hello");
        for (TestClient each : new TestClient[] {ada, bob, cyd}) {
            Frame frame = each.next("broadcast");
            assertThat(frame.seq()).isEqualTo(seq);
            assertThat(frame.json().get("content").asText()).isEqualTo("hello");
        }
        assertThat(bob.broadcast("across", "and back")).isEqualTo(seq + 1);
        for (TestClient each : new TestClient[] {ada, bob, cyd}) {
            assertThat(each.next("broadcast").seq()).isEqualTo(seq + 1);
        }
    }

    @Test
    void anEphemeralRoomReachesEveryNodeToo() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "cursors:x", "ada");
        TestClient bob = TestClient.member(CLUSTER.node(1), "cursors:x", "bob");
        ada.tell("broadcast", "room_id", "cursors:x", "content", 1);
        assertThat(ada.next("broadcast").json().has("seq")).isFalse();
        assertThat(bob.next("broadcast").json().has("seq")).isFalse();
    }

    @Test
    void directReachesAllConnectionsOfTheUserOnEveryNode() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "lobby", "ada-d");
        List<TestClient> bobs = CLUSTER.nodes().stream()
                .map(node -> TestClient.member(node, "lobby", "bob-d"))
                .toList();
        ada.direct("bob-d", "psst");
        for (TestClient bob : bobs) {
            assertThat(bob.next("direct").json().get("content").asText()).isEqualTo("psst");
        }
    }

    @Test
    void garbageOnAChannelIsCountedAndNeverDelivered() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "dirty", "ada-g");
        TestClient bob = TestClient.member(CLUSTER.node(1), "dirty", "bob-g");
        double before = garbageAt(1);
        List<String> garbage = List.of(
                "",
                "hello",
                "{\"type\":\"broadcast\"}",
                "\u0002m\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001of another version",
                "\u0001x\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001of another kind",
                "\u0001m\u00ffcut off");
        REDIS.publish("rw:r:{dirty}", garbage);
        await().untilAsserted(() -> assertThat(garbageAt(1)).isEqualTo(before + garbage.size()));

        long seq = ada.broadcast("dirty", "clean");

        assertThat(bob.next("broadcast").seq()).isEqualTo(seq);
        assertThat(ada.next("broadcast").seq()).isEqualTo(seq);
        assertThat(CLUSTER.node(1).output().lines().filter(line -> line.contains("no node of this version sent")))
                .as("lines in the log, at most one a minute")
                .hasSize(1);
        assertThat(CLUSTER.node(1).metrics().value("roomwire_relay_unpublished_total"))
                .isZero();
    }

    private static double garbageAt(int node) {
        return CLUSTER.node(node).metrics().value("roomwire_relay_garbage_total");
    }

    @Test
    void theSecondNodeOfAnIdDoesNotStart() {
        Jar.Result second = Jar.run(
                Map.of(),
                "serve",
                "--port",
                "0",
                "--ops-port",
                "0",
                "--redis",
                REDIS.uri(),
                "--set",
                "node-id=" + CLUSTER.node(0).id());
        assertThat(second.exitCode()).isEqualTo(2);
        assertThat(second.errLines())
                .last()
                .asString()
                .contains("node-id", CLUSTER.node(0).id());
    }

    @Test
    void presenceCountsUsersOverAllNodesAndSeesTheLastOneGo() {
        TestClient watcher = TestClient.connect(CLUSTER.node(0));
        watcher.joinWatching("seen", "watcher");
        TestClient first = TestClient.member(CLUSTER.node(1), "seen", "bob");
        assertThat(watcher.next("member_joined").json().get("user_id").asText()).isEqualTo("bob");
        TestClient second = TestClient.member(CLUSTER.node(2), "seen", "bob");
        await().until(() -> connectionsOf(watcher, "bob") == 2);
        first.close();
        await().until(() -> connectionsOf(watcher, "bob") == 1);
        watcher.assertNothingUnread();
        second.close();
        assertThat(watcher.next("member_left").json().get("user_id").asText()).isEqualTo("bob");
    }

    private static int connectionsOf(TestClient watcher, String user) {
        for (var member : watcher.presence("seen").get("members")) {
            if (member.get("user_id").asText().equals(user)) {
                return member.get("connections").asInt();
            }
        }
        return 0;
    }

    @Test
    void membersThatComeAndGoOverAllNodesSeeEverythingOnceInOneOrder() throws Exception {
        Ledger.Report report = new RestlessCrowd(CLUSTER, "restless", System.nanoTime()).run(150, () -> {});
        assertThat(report.acked()).isEqualTo(900);
    }

    @Test
    void healthNamesRedis() {
        await().atMost(Duration.ofSeconds(5))
                .until(() -> CLUSTER.node(0).health().get("redis").asText().equals("up"));
    }
}
