package io.roomwire.test.protocol;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class PresenceTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void eachUserIsListedOnceWithTheNumberOfConnections() {
        TestClient ada = TestClient.member(node, "list", "ada");
        TestClient.member(node, "list", "bob");
        TestClient.member(node, "list", "bob");
        JsonNode answer = ada.presence("list");
        assertThat(answer.get("room_id").asText()).isEqualTo("list");
        assertThat(answer.get("count").asInt()).isEqualTo(2);
        assertThat(members(answer)).isEqualTo(Map.of("ada", 1, "bob", 2));
    }

    @Test
    void onlyTheFirstConnectionJoinsAndOnlyTheLastLeaves() {
        TestClient watcher = watching("first-last", "watcher");

        TestClient one = TestClient.member(node, "first-last", "bob");
        assertMember(watcher.next(), "member_joined", "first-last", "bob");
        TestClient two = TestClient.member(node, "first-last", "bob");
        watcher.assertNothingUnread();

        one.close();
        await().until(() -> members(watcher.presence("first-last")).get("bob") == 1);
        watcher.assertNothingUnread();

        two.leave("first-last");
        assertMember(watcher.next(), "member_left", "first-last", "bob");
    }

    @Test
    void whoVanishesHasLeft() {
        TestClient watcher = watching("vanish", "watcher");
        TestClient bob = TestClient.member(node, "vanish", "bob");
        watcher.next("member_joined");
        bob.drop();
        assertMember(watcher.next(), "member_left", "vanish", "bob");
        assertThat(members(watcher.presence("vanish"))).containsOnlyKeys("watcher");
    }

    @Test
    void whoComesBackHasJoined() {
        TestClient watcher = watching("back", "watcher");
        for (int i = 0; i < 3; i++) {
            TestClient bob = TestClient.member(node, "back", "bob");
            assertMember(watcher.next(), "member_joined", "back", "bob");
            bob.leave("back");
            assertMember(watcher.next(), "member_left", "back", "bob");
        }
    }

    @Test
    void whoComesAndGoesAllTheTimeIsToldNowAndThenAndAsItIsInTheEnd() {
        TestClient watcher = watching("flaps", "watcher");
        TestClient bob = TestClient.connect(node);
        int flaps = 300;
        for (int i = 0; i < flaps; i++) {
            bob.join("flaps", "bob");
            bob.leave("flaps");
        }
        bob.join("flaps", "bob");
        TestClient.member(node, "flaps", "last"); // others are told at once meanwhile
        watcher.expect(
                "the last",
                frame -> frame.has("user_id") && frame.get("user_id").equals("last"));
        await().untilAsserted(() -> {
            List<Frame> told = watcher.unread();
            assertThat(told).isNotEmpty();
            assertMember(told.get(told.size() - 1), "member_joined", "flaps", "bob");
        });
        assertThat(watcher.unread()).hasSizeLessThan(flaps / 2);
        watcher.ignoreRest();
    }

    @Test
    void eventsAreForThoseWhoAskedAndOfTheRoomAlone() {
        TestClient watcher = watching("asked", "watcher");
        TestClient quiet = TestClient.member(node, "asked", "quiet");
        watcher.next("member_joined");
        TestClient bob = TestClient.member(node, "not-asked", "bob");
        bob.join("asked");
        assertMember(watcher.next(), "member_joined", "asked", "bob");
        quiet.assertNothingUnread();
        bob.assertNothingUnread();
    }

    @Test
    void joiningAgainChangesWhetherOneIsTold() {
        TestClient ada = TestClient.member(node, "change", "ada");
        ada.ask("join", "room_id", "change", "presence", true);
        TestClient bob = TestClient.member(node, "change", "bob");
        assertMember(ada.next(), "member_joined", "change", "bob");
        ada.join("change");
        bob.leave("change");
        ada.assertNothingUnread();
    }

    @Test
    void ephemeralRoomsHavePresenceToo() {
        TestClient watcher = watching("cursors:here", "watcher");
        TestClient bob = TestClient.member(node, "cursors:here", "bob");
        assertMember(watcher.next(), "member_joined", "cursors:here", "bob");
        assertThat(members(bob.presence("cursors:here"))).containsOnlyKeys("watcher", "bob");
    }

    private TestClient watching(String room, String user) {
        TestClient watcher = TestClient.connect(node);
        watcher.joinWatching(room, user);
        watcher.assertNothingUnread();
        return watcher;
    }

    private static void assertMember(Frame frame, String type, String room, String user) {
        assertThat(frame.text())
                .isEqualTo("{\"type\":\"" + type + "\",\"room_id\":\"" + room + "\",\"user_id\":\"" + user + "\"}");
    }

    private static Map<String, Integer> members(JsonNode answer) {
        Map<String, Integer> members = new TreeMap<>();
        answer.get("members")
                .forEach(member -> members.put(
                        member.get("user_id").asText(),
                        member.get("connections").asInt()));
        return members;
    }
}
