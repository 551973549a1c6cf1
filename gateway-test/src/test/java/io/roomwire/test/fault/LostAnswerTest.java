package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.RedisProxy;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The connection to Redis is lost when a message is stored and its answer is not here yet. */
class LostAnswerTest {
    /** Of an append: the seq, that it is not a repeat, the epoch, and that the peers were told. */
    private static final Pattern STORED = Pattern.compile("\\*4\r\n:\\d+\r\n:0\r\n\\$\\d+\r\n.*\r\n:1\r\n");

    @AutoClose
    private static final TestRedis REDIS = TestRedis.start();

    @AutoClose
    private static final RedisProxy PROXY = RedisProxy.before(REDIS, 1);

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("redis.uri", PROXY.uri()).start();

    /** Only its sender may send it again, under the same id; a message without one would be stored twice by who does. */
    @Test
    void theNodeDoesNotSendItAgainByItself() {
        TestClient ada = TestClient.member(CLUSTER.node(), "answer", "ada").ignoreRest();
        ada.broadcast("answer", "before");
        PROXY.cutInPlaceOf(STORED);
        ada.tell("broadcast", "room_id", "answer", "content", "once");
        await().atMost(Duration.ofSeconds(20)).until(PROXY::hasCut);
        await("Redis is back")
                .atMost(Duration.ofSeconds(20))
                .until(() -> ada.ask("broadcast", "room_id", "answer", "content", "behind")
                        .is("ack"));
        List<String> stored = new ArrayList<>();
        for (JsonNode message : ada.history("answer").json().get("messages")) {
            stored.add(message.get("content").asText());
        }
        assertThat(stored).containsOnlyOnce("once");
    }
}
