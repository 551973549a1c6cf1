package io.roomwire.test.protocol;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final int KEPT = 600;

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("memory-log.messages-per-room", KEPT).start();

    private static int rooms;

    private final TestNode node = CLUSTER.node();
    private final String room = "history-" + ++rooms;
    private TestClient client;

    @BeforeEach
    void join() {
        client = TestClient.member(node, room, "ada");
    }

    @Test
    void anEmptyRoomHasNone() {
        assertPage(client.history(room), false, 1, 0);
    }

    @Test
    void withoutARangeItIsTheNewest50() {
        publish(120);
        assertPage(client.history(room), true, 71, 120);
    }

    @Test
    void beforeGoesBackPageByPage() {
        publish(120);
        assertPage(client.history(room, "before", 71), true, 21, 70);
        assertPage(client.history(room, "before", 21), false, 1, 20);
        assertPage(client.history(room, "before", 1), false, 1, 0);
        assertPage(client.history(room, "before", 51), false, 1, 50);
        assertPage(client.history(room, "before", 1000), true, 71, 120);
    }

    @Test
    void afterGoesOnPageByPage() {
        publish(120);
        assertPage(client.history(room, "after", 0), true, 1, 50);
        assertPage(client.history(room, "after", 50), true, 51, 100);
        assertPage(client.history(room, "after", 100), false, 101, 120);
        assertPage(client.history(room, "after", 70), false, 71, 120);
        assertPage(client.history(room, "after", 120), false, 1, 0);
    }

    @Test
    void limitIsFrom1To500() {
        publish(520);
        assertPage(client.history(room, "limit", 1), true, 520, 520);
        assertPage(client.history(room, "limit", 500), true, 21, 520);
        assertPage(client.history(room, "after", 0, "limit", 500), true, 1, 500);
        assertPage(client.history(room, "before", 4, "limit", 3), false, 1, 3);
    }

    @Test
    void whatRetentionHasDroppedIsNotThere() {
        publish(KEPT + 100);
        assertPage(client.history(room, "before", 110), false, 101, 109);
        assertPage(client.history(room, "before", 50), false, 1, 0);
    }

    @Test
    void eachMessageIsAsItWasBroadcast() {
        long seq = client.ask("broadcast", "room_id", room, "content", List.of("a", 1), "id", "h-1")
                .seq();
        client.tell("broadcast", "room_id", room, "content", "without an id");
        JsonNode live = client.next("broadcast").json();
        client.next("broadcast");
        JsonNode messages = client.history(room).json().get("messages");
        for (String field : List.of("sender", "content", "ts", "id", "seq")) {
            assertThat(messages.get(0).get(field)).as(field).isEqualTo(live.get(field));
        }
        assertThat(messages.get(0).get("seq").asLong()).isEqualTo(seq);
        assertThat(messages.get(1).has("id")).isFalse();
    }

    /** The room's members are gone, its log is not (memory-log.ttl). */
    @Test
    void itStaysWhenEverybodyHasLeft() {
        publish(3);
        client.close();
        assertPage(TestClient.member(node, room, "bob").history(room), false, 1, 3);
    }

    /** All in flight at once; the answers are awaited after that. */
    private void publish(int count) {
        List<String> asked = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            asked.add(client.askLater("broadcast", "room_id", room, "content", i));
        }
        asked.forEach(client::answer);
        client.next("broadcast", count);
    }

    private void assertPage(Frame page, boolean more, long first, long last) {
        List<Long> seqs = new ArrayList<>();
        page.json().get("messages").forEach(message -> {
            seqs.add(message.get("seq").asLong());
            assertThat(message.get("content").asLong())
                    .isEqualTo(message.get("seq").asLong());
        });
        assertThat(page.get("room_id")).isEqualTo(room);
        assertThat(seqs).isEqualTo(LongStream.rangeClosed(first, last).boxed().toList());
        assertThat(page.json().get("has_more").asBoolean()).isEqualTo(more);
    }
}
