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

/** A process that was taken for dead, and has a successor of its node's id when it goes on. */
class TwoOfOneIdTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private final TestRedis redis = TestRedis.process();

    @AutoClose
    private final TestCluster first = twin().start();

    @AutoClose
    private TestCluster second;

    private TestCluster.Builder twin() {
        return aCluster()
                .with("redis.uri", redis.uri())
                .with("redis.timeout", "500ms")
                .with("node-id", "twin")
                .with("presence.heartbeat", "500ms")
                .with("presence.timeout", "2s");
    }

    @Test
    void theOneThatWasReplacedEndsAtOnceWithACodeAndSendsItsClientsAway() {
        TestNode old = first.node();
        TestClient ada = TestClient.member(old, "cursors:here", "ada");
        old.pause();
        second = twin().start();
        TestNode successor = second.node();
        TestClient bob = TestClient.member(successor, "cursors:here", "bob");

        old.resume();

        ada.next("reconnect");
        assertThat(ada.expectClose().code()).isEqualTo(1001);
        assertThat(old.awaitExit()).isEqualTo(2);
        assertThat(old.output()).contains("roomwire: node-id: another node with the id twin is running");
        TestClient back = TestClient.member(successor, "cursors:here", "ada");
        back.tell("broadcast", "room_id", "cursors:here", "content", "all here");
        bob.next("broadcast");
        back.next("broadcast");
        await().atMost(SOON)
                .until(() -> bob.presence("cursors:here").get("count").asInt() == 2);
        assertThat(successor.ops("/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void asLongAsRedisCannotSayWhoIsWhoBothHearEachOtherAndThenOneEnds() {
        redis.configure("min-replicas-to-write", "1");
        second = twin().start();
        TestClient ada = TestClient.member(first.node(), "cursors:there", "ada");
        TestClient bob = TestClient.member(second.node(), "cursors:there", "bob");
        for (TestClient sender : new TestClient[] {ada, bob}) {
            sender.tell("broadcast", "room_id", "cursors:there", "content", "across");
            ada.next("broadcast");
            bob.next("broadcast");
        }
        redis.configure("min-replicas-to-write", "0");
        await("one of them ends")
                .atMost(SOON)
                .until(() -> first.node().isAlive() ^ second.node().isAlive());
        TestClient sentAway = first.node().isAlive() ? bob : ada;
        sentAway.next("reconnect");
        assertThat(sentAway.expectClose().code()).isEqualTo(1001);
    }
}
