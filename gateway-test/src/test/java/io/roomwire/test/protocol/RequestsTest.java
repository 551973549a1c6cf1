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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    /** As the page has it, to the letter; before it, 41 messages make the room what it is there. */
    @Test
    void theFirstExampleOfTheProtocol() {
        TestClient before = TestClient.member(node, "game_lobby", "bob").ignoreRest();
        for (int i = 0; i < 41; i++) {
            before.broadcast("game_lobby", i);
        }
        TestClient alice = TestClient.connect(node);

        alice.send("{\"type\":\"join\",\"room_id\":\"game_lobby\",\"user_id\":\"alice123\"}");
        Frame joined = alice.next("joined");
        assertThat(names(joined))
                .containsExactlyInAnyOrder("type", "room_id", "user_id", "connection_id", "seq", "epoch");
        assertThat(joined.get("room_id")).isEqualTo("game_lobby");
        assertThat(joined.get("user_id")).isEqualTo("alice123");
        assertThat(joined.get("connection_id")).isNotEmpty();
        assertThat(joined.seq()).isEqualTo(41);
        assertThat(joined.json().get("epoch").isTextual()).isTrue();

        long sentMs = System.currentTimeMillis();
        alice.send(
                "{\"type\":\"broadcast\",\"room_id\":\"game_lobby\",\"content\":\"Hello everyone!\",\"id\":\"m-1\"}");
        assertThat(alice.answer("m-1").text())
                .isEqualTo("{\"type\":\"ack\",\"id\":\"m-1\",\"room_id\":\"game_lobby\",\"seq\":42}");
        Frame hello = alice.next("broadcast");
        assertThat(names(hello)).containsExactlyInAnyOrder("type", "room_id", "content", "sender", "seq", "ts", "id");
        assertThat(hello.get("room_id")).isEqualTo("game_lobby");
        assertThat(hello.content().asText()).isEqualTo("Hello everyone!");
        assertThat(hello.get("sender")).isEqualTo("alice123");
        assertThat(hello.seq()).isEqualTo(42);
        assertThat(hello.number("ts")).isBetween(sentMs - 1000, System.currentTimeMillis() + 1000);
        assertThat(hello.get("id")).isEqualTo("m-1");
    }

    @Test
    void everyAnswerCarriesTheIdOfItsRequest() {
        TestClient client = TestClient.connect(node);
        ask(client, "joined", "join", "room_id", "ids", "user_id", "ada");
        ask(client, "ack", "broadcast", "room_id", "ids", "content", 1);
        client.next("broadcast");
        ask(client, "ack", "direct", "user_id", "nobody", "content", 1);
        ask(client, "history", "history", "room_id", "ids");
        ask(client, "presence", "presence", "room_id", "ids");
        ask(client, "pong", "ping");
        ask(client, "left", "leave", "room_id", "ids");
        ask(client, "error", "leave", "room_id", "ids");
        ask(client, "error", "no_such_type");
    }

    /** The id is of the longest kind that is allowed, and of characters that JSON escapes. */
    private static void ask(TestClient client, String expected, String type, Object... fields) {
        List<Object> all = new ArrayList<>(List.of(fields));
        all.addAll(List.of("id", type + "\"\\/é€😀" + "x".repeat(50 - type.length())));
        Frame answer = client.ask(type, all.toArray());
        assertThat(answer.type()).as(answer.text()).isEqualTo(expected);
    }

    @Test
    void withoutAnIdAnAnswerHasNoneAndABroadcastHasNoAck() {
        TestClient client = TestClient.connect(node);
        client.tell("join", "room_id", "quiet", "user_id", "ada");
        assertThat(client.next("joined").has("id")).isFalse();
        client.tell("broadcast", "room_id", "quiet", "content", "x");
        assertThat(client.next("broadcast").has("id")).isFalse();
        client.tell("ping");
        assertThat(client.next("pong").text()).isEqualTo("{\"type\":\"pong\"}");
        client.tell("leave", "room_id", "quiet");
        assertThat(client.next("left").text()).isEqualTo("{\"type\":\"left\",\"room_id\":\"quiet\"}");
        client.assertNothingUnread();
    }

    /** Bytes are not read and written anew: the number, the escapes and the spaces stay as they were. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "\"\"",
                "-0.0",
                "1.00e+2",
                "123456789012345678901234567890.12345678901234567890",
                "\"\\u00e9 é \\/ / \\ud83d\\ude00 😀 \\\"\"",
                "[ 1,\t2 ,[ ] , { } ]",
                "{\"a\":{\"type\":\"leave\",\"a\" : 1}, \"b\":null,\"seq\":9, \"\":\"\"}",
            })
    void contentComesAsItWasSentByteForByte(String content) {
        TestClient client = TestClient.member(node, "bytes", "ada");
        client.send("{\"type\":\"broadcast\",\"room_id\":\"bytes\",\"content\":" + content + "}");
        assertThat(client.next("broadcast").text()).contains("\"content\":" + content + ",\"");
        assertThat(client.history("bytes", "limit", 1).text()).contains("\"content\":" + content + ",\"");
    }

    @Test
    void contentMayComeAnywhereAndOtherFieldsAreIgnored() {
        TestClient client = TestClient.member(node, "order", "ada");
        client.send("{\"content\":[1], \"later\":{\"content\":2,\"x\":[]}, \"id\" : \"c\" ,\"room_id\":\"order\","
                + "\"user_id\":\"bob\",\"seq\":77, \"type\":\"broadcast\" }");
        assertThat(client.answer("c").seq()).isPositive();
        Frame frame = client.next("broadcast");
        assertThat(frame.text()).contains("\"content\":[1],");
        assertThat(frame.get("sender")).isEqualTo("ada");
    }

    @Test
    void everyMemberGetsABroadcastTheSenderToo() {
        TestClient ada = TestClient.member(node, "all", "ada");
        TestClient bob = TestClient.member(node, "all", "bob");
        TestClient bobAgain = TestClient.member(node, "all", "bob");
        TestClient.member(node, "elsewhere", "eve");
        long seq = ada.broadcast("all", "hi");
        String text = ada.next("broadcast").text();
        assertThat(bob.next("broadcast").text()).isEqualTo(text).contains("\"seq\":" + seq);
        assertThat(bobAgain.next("broadcast").text()).isEqualTo(text);
    }

    @Test
    void whoHasLeftGetsNothingMore() {
        TestClient ada = TestClient.member(node, "left", "ada");
        TestClient bob = TestClient.member(node, "left", "bob");
        bob.leave("left");
        ada.broadcast("left", "hi");
        ada.next("broadcast");
        bob.assertNothingUnread();
    }

    @Test
    void aConnectionMayBeInSeveralRoomsAsOneUser() {
        TestClient ada = TestClient.member(node, "several-1", "ada");
        assertThat(ada.join("several-2").get("user_id")).isEqualTo("ada");
        ada.broadcast("several-2", 2);
        assertThat(ada.next("broadcast").get("room_id")).isEqualTo("several-2");
        ada.broadcast("several-1", 1);
        assertThat(ada.next("broadcast").get("room_id")).isEqualTo("several-1");
    }

    @Test
    void joiningAgainIsAnsweredAndDoublesNothing() {
        TestClient ada = TestClient.member(node, "again", "ada");
        ada.join("again");
        ada.broadcast("again", "once");
        ada.next("broadcast");
        ada.assertNothingUnread();
        assertThat(ada.presence("again")
                        .get("members")
                        .get(0)
                        .get("connections")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void connectionIdsAreUnique() {
        String one = TestClient.connect(node).join("unique", "ada").get("connection_id");
        String two = TestClient.connect(node).join("unique", "ada").get("connection_id");
        assertThat(one).isNotEqualTo(two);
    }

    @Test
    void anEphemeralRoomHasNoSeqAndNoEpoch() {
        TestClient ada = TestClient.connect(node);
        Frame joined = ada.join("cursors:lobby", "ada");
        assertThat(names(joined)).doesNotContain("seq", "epoch", "recovered");
        Frame ack = ada.ask("broadcast", "room_id", "cursors:lobby", "content", List.of(3, 4));
        assertThat(ack.type()).isEqualTo("ack");
        assertThat(ack.has("seq")).isFalse();
        Frame frame = ada.next("broadcast");
        assertThat(frame.has("seq")).isFalse();
        assertThat(frame.has("ts")).isTrue();
    }

    private static List<String> names(Frame frame) {
        JsonNode json = frame.json();
        List<String> names = new ArrayList<>();
        json.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
