package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Scrape;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three nodes whose Redis, which also has the log, stands still or comes back with nothing. */
class RedisLostTest {
    private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final Duration HEALED = Duration.ofSeconds(5);

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(3)
            .with("redis.uri", REDIS.uri())
            .with("redis-log.messages-per-room", 10_000)
            .with("limits.messages-per-second", 0)
            .start();

    @BeforeEach
    void theFaultOfTheTestBeforeIsForgotten() {
        for (TestNode node : CLUSTER.nodes()) {
            await("all is well again")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(node.health().get("status").asText())
                            .as(node.health().toString())
                            .isEqualTo("ok"));
        }
    }

    @Test
    void whileRedisStandsStillNoLoopWaitsAndMembersOfOneNodeTalkOn() {
        TestNode node = CLUSTER.node(0);
        TestClient ada = TestClient.member(node, "cursors:still", "ada");
        TestClient bob = TestClient.member(node, "cursors:still", "bob");
        List<TestClient> peers = List.of(
                TestClient.member(CLUSTER.node(1), "cursors:still", "cyd").ignoreRest(),
                TestClient.member(CLUSTER.node(2), "cursors:still", "dan").ignoreRest());
        ada.join("durable");
        Scrape before = node.metrics();

        REDIS.pause();
        long endNs = System.nanoTime() + PAUSE_NS;
        String refusedId = ada.askLater("broadcast", "room_id", "durable", "content", "not now");
        Frame refused = ada.answer(refusedId);
        assertThat(refused.get("code")).isEqualTo("unavailable");
        assertThat(TimeUnit.NANOSECONDS.toSeconds(refused.arrivedNs() - (endNs - PAUSE_NS)))
                .as("seconds until the sender knows, with redis.timeout of 2 s")
                .isLessThan(4);
        int said = 0;
        while (System.nanoTime() < endNs) {
            ada.tell("broadcast", "room_id", "cursors:still", "content", said++);
            ada.next("broadcast");
            bob.next("broadcast");
        }
        Scrape after = node.metrics();
        REDIS.resume();

        assertThat(said).as("messages while Redis stood still").isGreaterThan(100);
        assertThat(lagsOverASecond(after) - lagsOverASecond(before))
                .as("passes of a loop that came more than 1 s late")
                .isZero();
        await("peers hear it again").atMost(HEALED).until(() -> {
            ada.tell("broadcast", "room_id", "cursors:still", "content", "again");
            ada.next("broadcast");
            bob.next("broadcast");
            return peers.stream().allMatch(RedisLostTest::heardAgain);
        });
        await("stored again")
                .atMost(HEALED)
                .until(() -> ada.ask("broadcast", "room_id", "durable", "content", "not now", "id", refusedId)
                        .is("ack"));
        ada.next("broadcast");
    }

    private static boolean heardAgain(TestClient peer) {
        return peer.unread().stream()
                .anyMatch(frame ->
                        frame.is("broadcast") && frame.content().asText().equals("again"));
    }

    private static double lagsOverASecond(Scrape scrape) {
        return scrape.value("roomwire_event_loop_lag_seconds_count")
                - scrape.sum("roomwire_event_loop_lag_seconds_bucket", "le=\"1.0\"");
    }

    /** As decision 18 has it: Redis is back before a node counts as dead, and all subscriptions outlive the pause. */
    @Test
    void whileRedisStandsStillNobodyIsAnnouncedAndAfterwardsOnce() {
        String room = "cursors:who";
        TestClient here = watcher(CLUSTER.node(0), room, "here");
        TestClient peer = watcher(CLUSTER.node(1), room, "peer");
        here.next("member_joined");
        TestClient bob = TestClient.member(CLUSTER.node(0), room, "bob");
        here.next("member_joined");
        peer.next("member_joined");
        TestClient cyd = TestClient.member(CLUSTER.node(0), "cursors:elsewhere", "cyd");

        // For less than redis.timeout: a node that subscribes anew meanwhile may miss events, decision 18.
        REDIS.pause();
        bob.leave(room);
        cyd.join(room);
        here.assertNothingUnread();
        REDIS.resume();

        for (TestClient told : List.of(here, peer)) {
            assertThat(List.of(told.next(), told.next()))
                    .extracting(frame -> frame.get("type") + " " + frame.get("user_id"))
                    .containsExactlyInAnyOrder("member_left bob", "member_joined cyd");
        }
        REDIS.pause();
        assertThat(here.ask("presence", "room_id", room).get("code")).isEqualTo("unavailable");
        REDIS.resume();
        await("presence answers")
                .atMost(HEALED)
                .until(() -> here.ask("presence", "room_id", room).is("presence"));
        here.assertNothingUnread();
        peer.assertNothingUnread();
    }

    private static TestClient watcher(TestNode node, String room, String user) {
        TestClient client = TestClient.connect(node);
        client.joinWatching(room, user);
        client.assertNothingUnread();
        return client;
    }

    @Test
    void whenRedisGoesOnNothingIsLostDoubledOrOutOfOrder() throws Exception {
        Ledger.Report report = new RestlessCrowd(CLUSTER, "still", System.nanoTime()).run(200, () -> {
            REDIS.pause();
            await("Redis stands still")
                    .pollDelay(Duration.ofNanos(PAUSE_NS))
                    .atMost(Duration.ofNanos(2 * PAUSE_NS))
                    .until(() -> true);
            REDIS.resume();
        });
        assertThat(report.acked()).isEqualTo(1200);
        assertThat(report.gaps()).isZero();
    }

    @Test
    void whoseRedisCameBackEmptyIsToldSo() {
        TestClient ada = TestClient.connect(CLUSTER.node(0));
        Frame joined = ada.join("gone", "ada");
        TestClient bob = TestClient.member(CLUSTER.node(1), "gone", "bob");
        for (int i = 1; i <= 3; i++) {
            assertThat(ada.broadcast("gone", i)).isEqualTo(i);
        }
        ada.next("broadcast", 3);
        bob.next("broadcast", 3);

        REDIS.kill();
        REDIS.restart();

        // The next who uses the room begins its new life; until then nobody misses anything.
        TestClient back = TestClient.connect(CLUSTER.node(2));
        await("the log is there again")
                .atMost(HEALED)
                .until(() -> CLUSTER.nodes().stream()
                        .allMatch(node -> node.health().get("redis").asText().equals("up")));
        Frame again = back.resume("gone", "ada", 3, joined.get("epoch"));
        assertThat(again.json().get("recovered").asBoolean()).isFalse();
        assertThat(again.get("epoch")).isNotEqualTo(joined.get("epoch"));
        assertThat(again.seq()).isZero();
        for (TestClient client : List.of(ada, bob)) {
            assertThat(client.expectClose().code()).isEqualTo(4004);
        }
        assertThat(back.broadcast("gone", "anew")).isEqualTo(1);
        back.next("broadcast");
    }
}
