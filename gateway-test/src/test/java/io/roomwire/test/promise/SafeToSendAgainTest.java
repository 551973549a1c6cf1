package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 4: the same sender, room and id within the idempotency window is stored once, and acked with the same seq. */
class SafeToSendAgainTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void sentAgainIsAckedWithTheSameSeqAndDeliveredOnce() {
        TestClient ada = TestClient.member(node, "again", "ada");
        TestClient bob = TestClient.member(node, "again", "bob");
        long first = send(ada, "again", "m-1", "first");
        assertThat(send(ada, "again", "m-2", "second")).isEqualTo(first + 1);
        // What is inside counts as little as how much came in between.
        assertThat(send(ada, "again", "m-1", "first, in other words")).isEqualTo(first);
        for (TestClient client : List.of(ada, bob)) {
            assertThat(client.next("broadcast").content().asText()).isEqualTo("first");
            assertThat(client.next("broadcast").content().asText()).isEqualTo("second");
            client.assertNothingUnread();
        }
        assertThat(ada.history("again").json().get("messages")).hasSize(2);
    }

    @Test
    void sentAgainBeforeTheAckIsStoredOnce() {
        TestClient ada = TestClient.member(node, "hasty", "ada");
        for (int i = 0; i < 100; i++) {
            ada.tell("broadcast", "room_id", "hasty", "content", i, "id", "h-" + i / 5);
        }
        for (int i = 0; i < 100; i++) {
            assertThat(ada.answer("h-" + i / 5).seq()).isEqualTo(i / 5 + 1);
        }
        for (int i = 0; i < 20; i++) {
            assertThat(ada.next("broadcast").content().asInt()).isEqualTo(5 * i);
        }
    }

    @Test
    void sentAgainOverAnotherConnectionIsStoredOnce() {
        TestClient ada = TestClient.member(node, "reconnect", "ada");
        long seq = send(ada, "reconnect", "m-1", "hi");
        ada.next("broadcast");
        ada.drop();
        TestClient back = TestClient.member(node, "reconnect", "ada");
        assertThat(send(back, "reconnect", "m-1", "hi")).isEqualTo(seq);
        back.assertNothingUnread();
    }

    @Test
    void sentOverManyConnectionsAtOnceIsStoredOnce() {
        List<TestClient> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(TestClient.member(node, "many-at-once", "ada"));
        }
        for (int round = 1; round <= 30; round++) {
            String id = "m-" + round;
            all.forEach(client -> client.tell("broadcast", "room_id", "many-at-once", "content", 1, "id", id));
            for (TestClient client : all) {
                assertThat(client.answer(id).seq()).isEqualTo(round);
            }
        }
        all.forEach(client -> client.next("broadcast", 30));
    }

    @Test
    void anIdIsOfItsSender() {
        TestClient ada = TestClient.member(node, "senders", "ada");
        TestClient bob = TestClient.member(node, "senders", "bob");
        assertThat(send(bob, "senders", "m-1", "hi")).isNotEqualTo(send(ada, "senders", "m-1", "hi"));
        ada.next("broadcast", 2);
        bob.next("broadcast", 2);
    }

    @Test
    void anIdIsOfItsRoom() {
        TestClient ada = TestClient.member(node, "room-1", "ada");
        ada.join("room-2");
        send(ada, "room-1", "m-1", "here");
        send(ada, "room-2", "m-1", "there");
        assertThat(ada.next("broadcast").get("room_id")).isEqualTo("room-1");
        assertThat(ada.next("broadcast").get("room_id")).isEqualTo("room-2");
    }

    @Test
    void directIsSafeToSendAgainToo() {
        TestClient ada = TestClient.member(node, "r", "ada");
        TestClient bob = TestClient.member(node, "r", "bob-again");
        Frame first = ada.ask("direct", "user_id", "bob-again", "content", "psst", "id", "d-1");
        assertThat(ada.ask("direct", "user_id", "bob-again", "content", "psst", "id", "d-1")
                        .text())
                .isEqualTo(first.text());
        bob.next("direct");
        bob.assertNothingUnread();
    }

    private static long send(TestClient client, String room, String id, String content) {
        Frame ack = client.ask("broadcast", "room_id", room, "content", content, "id", id);
        assertThat(ack.type()).as(ack.text()).isEqualTo("ack");
        return ack.seq();
    }
}
