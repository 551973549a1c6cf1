package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Production and staging on one Redis. */
class TwoDeploymentsTest {
    private static final String ROOM = "cursors:shared";

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster PRODUCTION =
            aCluster().nodes(2).with("redis.uri", REDIS.uri()).start();

    private static TestCluster staging(String prefix) {
        return aCluster()
                .with("redis.uri", REDIS.uri() + "/1")
                .with("redis.prefix", prefix)
                .start();
    }

    private static String relay(TestNode node) {
        return node.health().get("relay").asText();
    }

    @Test
    void withAPrefixOfItsOwnNeitherHearsTheOther() {
        try (TestCluster staging = staging("staging")) {
            TestClient ada = TestClient.member(PRODUCTION.node(0), ROOM, "ada");
            TestClient bob = TestClient.member(PRODUCTION.node(1), ROOM, "bob");
            TestClient eve = TestClient.connect(staging.node());
            eve.joinWatching(ROOM, "eve");

            ada.tell("broadcast", "room_id", ROOM, "content", "for production");
            bob.next("broadcast");
            ada.next("broadcast");

            assertThat(eve.presence(ROOM).get("count").asInt()).isEqualTo(1);
            eve.assertNothingUnread();
            eve.close();
            assertThat(relay(staging.node())).isEqualTo("up");
        }
    }

    @Test
    void inDatabasesOfTheirOwnAloneBothSayThatTheyShareChannels() {
        try (TestCluster staging = staging("rw")) {
            await().untilAsserted(() -> {
                assertThat(relay(PRODUCTION.node(0))).contains("database 1", "redis.prefix");
                assertThat(relay(staging.node())).contains("database 0", "redis.prefix");
            });
            assertThat(staging.node().output()).contains("redis.prefix");
        }
    }
}
