package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 2: seqs are 1, 2, 3, … without holes, and every member sees them in that order. */
class OneOrderTest {
    private static final int SENDERS = 8;
    private static final int EACH = 250;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();
    private final Map<String, Long> seqById = new HashMap<>();

    @Test
    void allMembersSeeTheMessagesOfAllSendersInOneOrder() {
        List<TestClient> senders = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            senders.add(TestClient.member(node, "order", "sender-" + i));
        }
        List<TestClient> all = new ArrayList<>(senders);
        for (int i = 0; i < 10; i++) {
            TestClient listener = i % 2 == 0
                    ? TestClient.connect(node)
                    : TestClient.to(node).compressing().connect();
            listener.join("order", "listener-" + i);
            all.add(listener);
        }

        Map<String, TestClient> senderById = new HashMap<>();
        for (int i = 0; i < EACH; i++) {
            for (int s = 0; s < SENDERS; s++) {
                String id = s + "-" + i;
                senders.get(s).tell("broadcast", "room_id", "order", "content", List.of(s, i), "id", id);
                senderById.put(id, senders.get(s));
            }
        }

        Map<String, Long> acked = new HashMap<>();
        senderById.forEach((id, sender) -> acked.put(id, sender.answer(id).seq()));
        List<String> first = texts(all.get(0));
        for (TestClient other : all.subList(1, all.size())) {
            assertThat(texts(other)).isEqualTo(first);
        }
        assertThat(acked).hasSize(SENDERS * EACH);
        assertThat(seqById).isEqualTo(acked);
    }

    /** Reads what has to come: every seq, and of each sender what it sent in its own order. */
    private List<String> texts(TestClient member) {
        List<String> texts = new ArrayList<>();
        int[] nextOf = new int[SENDERS];
        long seq = 0;
        for (Frame frame : member.next("broadcast", SENDERS * EACH)) {
            assertThat(frame.seq()).isEqualTo(++seq);
            int sender = frame.content().get(0).asInt();
            assertThat(frame.content().get(1).asInt()).isEqualTo(nextOf[sender]++);
            seqById.put(frame.get("id"), seq);
            texts.add(frame.text());
        }
        return texts;
    }

    @Test
    void whoJoinsInTheMiddleSeesAllFromThere() {
        TestClient sender = TestClient.member(node, "middle", "sender");
        List<TestClient> joiners = new ArrayList<>();
        List<String> joins = new ArrayList<>();
        int total = 600;
        for (int i = 0; i < total; i++) {
            sender.tell("broadcast", "room_id", "middle", "content", i);
            if (i % 30 == 0) {
                TestClient joiner = TestClient.connect(node);
                joiners.add(joiner);
                joins.add(joiner.askLater("join", "room_id", "middle", "user_id", "joiner-" + i));
            }
        }
        for (int i = 0; i < joiners.size(); i++) {
            Frame joined = joiners.get(i).next("joined");
            assertThat(joined.get("id")).isEqualTo(joins.get(i));
            List<Long> seqs = joiners.get(i).next("broadcast", (int) (total - joined.seq())).stream()
                    .map(Frame::seq)
                    .toList();
            assertThat(seqs)
                    .isEqualTo(LongStream.rangeClosed(joined.seq() + 1, total)
                            .boxed()
                            .toList());
        }
        sender.next("broadcast", total);
    }
}
