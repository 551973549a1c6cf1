package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 6: what one connection sends to a room is stored in the order in which it was sent, on whatever node the others are. */
class SenderOrderTest {
    private static final int SENDERS = 6;
    private static final int EACH = 6;
    private static final int TURNS = 40;

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().nodes(3).with("redis.uri", REDIS.uri()).start();

    @Test
    void whenRedisForgetsItsScriptsWhileSeveralNodesWrite() {
        List<TestClient> senders = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            senders.add(TestClient.member(CLUSTER.node(i % CLUSTER.nodes().size()), "forgotten", "sender-" + i));
        }
        for (int turn = 0; turn < TURNS; turn++) {
            REDIS.forgetScripts();
            for (int number = 0; number < EACH; number++) {
                for (TestClient sender : senders) {
                    sender.tell("broadcast", "room_id", "forgotten", "content", number, "id", turn + "-" + number);
                }
            }
            for (TestClient sender : senders) {
                List<Long> seqs = new ArrayList<>();
                for (int number = 0; number < EACH; number++) {
                    seqs.add(sender.answer(turn + "-" + number).seq());
                }
                assertThat(seqs).as("turn " + turn).isSorted();
                assertThat(sender.next("broadcast", SENDERS * EACH))
                        .extracting(Frame::seq)
                        .isSorted();
            }
        }
    }
}
