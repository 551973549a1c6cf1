package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A node is gone without a goodbye. */
class NodeKilledTest {
    @AutoClose
    private final TestRedis redis = TestRedis.start();

    @AutoClose
    private final TestCluster cluster =
            aCluster().nodes(3).with("redis.uri", redis.uri()).start();

    @Test
    void itsMembersAreGoneWithin15SecondsAndWhoIsElsewhereTooStays() {
        TestClient first = TestClient.connect(cluster.node(0));
        first.joinWatching("seen", "first");
        await().until(() -> users(first).contains("first"));
        TestClient second = TestClient.connect(cluster.node(1));
        second.joinWatching("seen", "second");
        first.next("member_joined");
        List<TestClient> watchers = List.of(first, second);
        for (String user : List.of("bob", "cyd")) {
            TestClient.member(cluster.node(2), "seen", user).ignoreRest();
            watchers.forEach(watcher ->
                    assertThat(watcher.next("member_joined").get("user_id")).isEqualTo(user));
        }
        TestClient.member(cluster.node(1), "seen", "cyd").ignoreRest(); // a second tab
        long startNs = System.nanoTime();

        cluster.node(2).kill();

        for (TestClient watcher : watchers) {
            assertThat(watcher.next("member_left").get("user_id")).isEqualTo("bob");
        }
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs)).isLessThan(15_000);
        for (TestClient watcher : watchers) {
            assertThat(users(watcher)).containsExactlyInAnyOrder("first", "second", "cyd");
        }
    }

    private static Set<String> users(TestClient watcher) {
        Set<String> users = new HashSet<>();
        watcher.presence("seen")
                .get("members")
                .forEach(member -> users.add(member.get("user_id").asText()));
        return users;
    }
}
