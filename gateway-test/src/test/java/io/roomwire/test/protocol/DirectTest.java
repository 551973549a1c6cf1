package io.roomwire.test.protocol;

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

/** {@code direct}, and the personal room that it writes to. */
class DirectTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void everyConnectionOfTheRecipientGetsItAndNobodyElse() {
        TestClient ada = TestClient.member(node, "here", "ada-1");
        TestClient bob = TestClient.member(node, "there", "bob-1");
        TestClient bobAgain = TestClient.member(node, "elsewhere", "bob-1");

        Frame ack = ada.ask("direct", "user_id", "bob-1", "content", "psst", "id", "d-1");
        assertThat(ack.text()).isEqualTo("{\"type\":\"ack\",\"id\":\"d-1\",\"room_id\":\"@bob-1\",\"seq\":1}");

        Frame direct = bob.next("direct");
        List<String> names = new ArrayList<>();
        direct.json().fieldNames().forEachRemaining(names::add);
        assertThat(names).containsExactlyInAnyOrder("type", "content", "sender", "ts", "seq", "id");
        assertThat(direct.content().asText()).isEqualTo("psst");
        assertThat(direct.get("sender")).isEqualTo("ada-1");
        assertThat(direct.seq()).isEqualTo(1);
        assertThat(direct.get("id")).isEqualTo("d-1");
        assertThat(bobAgain.next("direct").text()).isEqualTo(direct.text());
        ada.assertNothingUnread();
    }

    @Test
    void oneMayWriteToOneself() {
        TestClient one = TestClient.member(node, "desk", "self");
        TestClient other = TestClient.member(node, "pocket", "self");
        one.direct("self", "note");
        assertThat(one.next("direct").content().asText()).isEqualTo("note");
        assertThat(other.next("direct").content().asText()).isEqualTo("note");
    }

    @Test
    void whoIsAwayFindsItOnComingBack() {
        TestClient bob = TestClient.member(node, "r", "bob-2");
        Frame joined = bob.join("@bob-2");
        bob.close();
        TestClient ada = TestClient.member(node, "r", "ada-2");
        for (int i = 1; i <= 3; i++) {
            assertThat(ada.direct("bob-2", i)).isEqualTo(joined.seq() + i);
        }

        TestClient back = TestClient.connect(node);
        assertThat(back.resume("@bob-2", "bob-2", joined.seq(), joined.get("epoch"))
                        .json()
                        .get("recovered")
                        .asBoolean())
                .isTrue();
        for (int i = 1; i <= 3; i++) {
            assertThat(back.next("direct").content().asInt()).isEqualTo(i);
        }
        assertThat(back.history("@bob-2").json().get("messages")).hasSize(3);
        ada.direct("bob-2", "live");
        assertThat(back.next("direct").content().asText()).isEqualTo("live");
    }

    /** The personal room is entered with the first join of any room; asking for it by name must not double it. */
    @Test
    void beingInThePersonalRoomTwiceIsOnce() {
        TestClient bob = TestClient.member(node, "r", "bob-3");
        bob.join("@bob-3");
        TestClient.member(node, "r", "ada-3").direct("bob-3", "once");
        bob.next("direct");
        bob.assertNothingUnread();
    }

    @Test
    void thePersonalRoomOfAnotherIsForbidden() {
        TestClient eve = TestClient.member(node, "r", "eve");
        TestClient.member(node, "r", "bob-4");
        assertThat(eve.ask("join", "room_id", "@bob-4").get("code")).isEqualTo("forbidden");
        for (String type : List.of("history", "presence", "leave")) {
            assertThat(eve.ask(type, "room_id", "@bob-4").get("code")).as(type).isIn("forbidden", "not_in_room");
        }
        assertThat(eve.ask("broadcast", "room_id", "@bob-4", "content", 1).get("code"))
                .isIn("forbidden", "not_in_room");
    }

    /** Names that contain, precede or resemble another's must not open a door. */
    @Test
    void thePersonalRoomIsMatchedAsAWhole() {
        TestClient client = TestClient.member(node, "r", "bob");
        for (String room : List.of("@bobby", "@@bob", "@BOB", "@bob ", "@")) {
            Frame answer = client.ask("join", "room_id", room);
            assertThat(answer.type()).as(room).isEqualTo("error");
        }
    }

    @Test
    void broadcastDoesNotWriteToThePersonalRoom() {
        TestClient bob = TestClient.member(node, "r", "bob-5");
        assertThat(bob.ask("broadcast", "room_id", "@bob-5", "content", 1).get("code"))
                .isEqualTo("forbidden");
    }
}
