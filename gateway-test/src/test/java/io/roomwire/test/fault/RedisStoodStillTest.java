package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * A Redis that stood still takes at once, when it goes on, all that was sent to it meanwhile, though nobody waits for the
 * answers any more.
 */
class RedisStoodStillTest {
    private static final Duration PRESENCE_TIMEOUT = Duration.ofMillis(800);

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(2)
            .with("redis.uri", REDIS.uri())
            .with("redis.timeout", "400ms")
            .with("presence.heartbeat", "200ms")
            .with("presence.timeout", PRESENCE_TIMEOUT.toMillis() + "ms")
            .start();

    /** Signs of life of a life that was given up hold its key no more, so no node takes itself for another. */
    @Test
    void everybodyIsSeenAgainAndStaysSo() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "still", "ada").ignoreRest();
        TestClient.member(CLUSTER.node(1), "still", "bob").ignoreRest();
        for (int i = 0; i < 3; i++) {
            REDIS.pause();
            await("the nodes are taken for dead")
                    .during(PRESENCE_TIMEOUT.multipliedBy(3))
                    .until(() -> true);
            REDIS.resume();
            await("both are seen for longer than a heartbeat counts")
                    .atMost(Duration.ofSeconds(20))
                    .during(PRESENCE_TIMEOUT.multipliedBy(2))
                    .until(() -> {
                        var answer = ada.ask("presence", "room_id", "still");
                        return answer.is("presence") && answer.number("count") == 2;
                    });
        }
    }
}
