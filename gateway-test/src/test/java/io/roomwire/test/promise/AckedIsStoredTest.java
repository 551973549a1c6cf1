package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 1: an ack with a seq means that the message is committed in the room's log. */
class AckedIsStoredTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void whatIsAckedCanBeReadAtOnceByAnother() {
        TestClient reader = TestClient.member(node, "at-once", "reader").ignoreRest();
        List<TestClient> senders = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            senders.add(TestClient.member(node, "at-once", "sender-" + i).ignoreRest());
        }
        for (int round = 0; round < 50; round++) {
            List<String> asked = new ArrayList<>();
            for (TestClient sender : senders) {
                asked.add(sender.askLater("broadcast", "room_id", "at-once", "content", round));
            }
            for (int i = 0; i < senders.size(); i++) {
                Frame ack = senders.get(i).answer(asked.get(i));
                JsonNode stored = reader.history("at-once", "after", ack.seq() - 1, "limit", 1)
                        .json()
                        .get("messages")
                        .get(0);
                assertThat(stored.get("seq").asLong()).isEqualTo(ack.seq());
                assertThat(stored.get("sender").asText()).isEqualTo("sender-" + i);
                assertThat(stored.get("id").asText()).isEqualTo(asked.get(i));
                assertThat(stored.get("content").asInt()).isEqualTo(round);
            }
        }
    }

    @Test
    void whatIsAckedStaysWhenItsSenderVanishes() {
        int sent = 500;
        TestClient sender = TestClient.member(node, "vanishes", "sender").ignoreRest();
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < sent; i++) {
            asked.add(sender.askLater("broadcast", "room_id", "vanishes", "content", i));
        }
        sender.answer(asked.get(99));
        sender.drop();
        sender.expectClose();
        Map<String, Long> acked = new TreeMap<>();
        for (Frame frame : sender.unread()) {
            if (frame.is("ack")) {
                acked.put(frame.get("id"), frame.seq());
            }
        }

        TestClient reader = TestClient.member(node, "vanishes", "reader").ignoreRest();
        Map<String, Long> stored = new TreeMap<>();
        reader.history("vanishes", "after", 0, "limit", 500)
                .json()
                .get("messages")
                .forEach(message -> stored.put(
                        message.get("id").asText(), message.get("seq").asLong()));
        assertThat(acked).hasSizeGreaterThanOrEqualTo(99);
        assertThat(stored).containsAllEntriesOf(acked);
    }
}
