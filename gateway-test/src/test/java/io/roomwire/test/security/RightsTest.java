package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class RightsTest {
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked().start();

    private final TestNode node = CLUSTER.node();

    private static void assertForbidden(Frame answer) {
        assertThat(answer.type()).isEqualTo("error");
        assertThat(answer.get("code")).isEqualTo("forbidden");
    }

    @Test
    void whatNoGrantAllowsIsForbidden() {
        TestClient alice = Token.of("alice").can("read-*", "join").connect(node);
        assertForbidden(alice.ask("join", "room_id", "other"));
        assertForbidden(alice.ask("join", "room_id", "xread-1"));
        alice.join("read-1");
        assertForbidden(alice.ask("broadcast", "room_id", "read-1", "content", 1));
        assertForbidden(alice.ask("history", "room_id", "read-1"));
        assertForbidden(alice.ask("presence", "room_id", "read-1"));
    }

    @Test
    void eachRightIsForItsOwnRequest() {
        TestClient alice = Token.of("alice")
                .can("each-*", "join")
                .can("*-write", "write")
                .can("*-history", "history")
                .can("*-presence", "presence")
                .connect(node);
        for (String right : new String[] {"write", "history", "presence"}) {
            alice.join("each-" + right);
        }
        assertThat(alice.broadcast("each-write", "hello")).isEqualTo(1);
        alice.next("broadcast");
        assertThat(alice.history("each-history").get("has_more")).isEqualTo("false");
        assertThat(alice.presence("each-presence").get("count").asInt()).isEqualTo(1);
        assertForbidden(alice.ask("presence", "room_id", "each-write"));
        assertForbidden(alice.ask("broadcast", "room_id", "each-history", "content", 1));
        assertForbidden(alice.ask("history", "room_id", "each-presence"));
    }

    @Test
    void theTokenNamesTheUserAndNoJoinAnother() {
        TestClient alice = Token.of("alice").all("*").connect(node);
        assertForbidden(alice.ask("join", "room_id", "names", "user_id", "bob"));
        assertThat(alice.join("names", "alice").get("user_id")).isEqualTo("alice");
    }

    /** A star is for rooms that are nobody's. */
    @Test
    void aPersonalRoomIsReadByItsUserAlone() {
        TestClient alice = Token.of("alice").all("*").all("@*").connect(node);
        TestClient bob = Token.of("bob").connect(node);
        bob.ping(); // in its personal room, which follows the handshake
        assertThat(alice.direct("bob", "for you")).isPositive();
        assertThat(bob.next("direct").get("sender")).isEqualTo("alice");
        assertForbidden(alice.ask("join", "room_id", "@bob"));
        assertForbidden(alice.ask("join", "room_id", "@bob", "after", 0));
        assertThat(alice.ask("history", "room_id", "@bob").get("code")).isEqualTo("not_in_room");
        assertThat(alice.ask("presence", "room_id", "@bob").get("code")).isEqualTo("not_in_room");
        assertForbidden(bob.ask("broadcast", "room_id", "@bob", "content", 1));
        assertThat(bob.history("@bob").json().get("messages")).hasSize(1);
    }

    @Test
    void aTokenSaysToWhomDirectMayBeSentAndOneThatDoesNotAllowsAll() {
        TestClient alice =
                Token.of("alice").claim("direct", List.of("help-*", "robert")).connect(node);
        assertThat(alice.direct("help-7", "hello")).isPositive();
        assertThat(alice.direct("robert", "hello")).isPositive();
        assertForbidden(alice.ask("direct", "user_id", "carol", "content", "hello"));
        assertForbidden(alice.ask("direct", "user_id", "roberta", "content", "hello"));
        assertForbidden(Token.of("mute")
                .claim("direct", List.of())
                .connect(node)
                .ask("direct", "user_id", "mute", "content", "hello"));
        assertThat(Token.of("old").connect(node).direct("carol", "hello")).isPositive();
    }

    @Test
    void aFreshTokenSaysAnewToWhomDirectMayBeSent() {
        TestClient alice = Token.of("alice").connect(node);
        alice.ask("auth", "token", Token.of("alice").claim("direct", List.of()).signed());
        assertForbidden(alice.ask("direct", "user_id", "bob", "content", "hello"));
    }

    /** Else {@code after: 0} would be a way around the right to read the history. */
    @Test
    void withoutTheRightToHistoryWhatWasMissedIsAGap() {
        TestClient writer = Token.of("writer").all("*").connect(node);
        writer.join("past");
        for (int i = 1; i <= 3; i++) {
            writer.broadcast("past", i);
            writer.next("broadcast");
        }
        TestClient alice = Token.of("alice").can("*", "join").connect(node);

        Frame joined = alice.ask("join", "room_id", "past", "after", 1);

        assertThat(joined.type()).isEqualTo("joined");
        assertThat(joined.get("recovered")).isEqualTo("false");
        Frame gap = alice.next("gap");
        assertThat(gap.number("from")).isEqualTo(2);
        assertThat(gap.number("to")).isEqualTo(3);
        writer.broadcast("past", 4);
        writer.next("broadcast");
        assertThat(alice.next("broadcast").seq()).isEqualTo(4);
        assertThat(alice.ask("join", "room_id", "past", "after", 4).get("recovered"))
                .isEqualTo("true");
    }
}
