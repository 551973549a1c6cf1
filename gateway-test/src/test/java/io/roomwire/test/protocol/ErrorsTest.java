package io.roomwire.test.protocol;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorsTest {
    /** The default of limits.protocol-errors. */
    private static final int ERRORS_IN_A_ROW = 20;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "nonsense",
                "{\"type\":\"ping\"",
                "{\"type\":\"ping\",}",
                "{'type':'ping'}",
                "{\"type\":\"ping\"} {\"type\":\"ping\"}",
                "{\"type\":\"broadcast\",\"room_id\":\"r\",\"content\":01}",
                "{\"type\":\"broadcast\",\"room_id\":\"r\",\"content\":NaN}",
            })
    void whatIsNotJsonIsBadJson(String text) {
        TestClient client = TestClient.connect(node);
        client.send(text);
        assertThat(client.next("error").get("code")).isEqualTo("bad_json");
        client.ping();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "null", "\"ping\""})
    void jsonThatIsNoObjectIsAnError(String text) {
        TestClient client = TestClient.connect(node);
        client.send(text);
        assertThat(client.next("error").get("code")).isIn("bad_request", "bad_json");
    }

    /** Nesting costs a stack and a deep value costs every receiver's. */
    @Test
    void jsonNestedWithoutMeasureIsAnError() {
        TestClient client = TestClient.member(node, "deep", "ada");
        client.send("{\"type\":\"broadcast\",\"room_id\":\"deep\",\"content\":" + "[".repeat(30_000)
                + "]".repeat(30_000) + "}");
        assertThat(client.next("error").get("code")).isIn("bad_request", "bad_json");
        client.ping();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | type",
                "{\"type\":7} | type",
                "{\"type\":\"join\",\"user_id\":\"ada\"} | room_id",
                "{\"type\":\"join\",\"room_id\":5,\"user_id\":\"ada\"} | room_id",
                "{\"type\":\"join\",\"room_id\":null,\"user_id\":\"ada\"} | room_id",
                "{\"type\":\"join\",\"room_id\":\"r\"} | user_id",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":[]} | user_id",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"after\":\"5\"} | after",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"after\":-1} | after",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"after\":1.5} | after",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"after\":99999999999999999999} | after",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"after\":1,\"epoch\":7} | epoch",
                "{\"type\":\"join\",\"room_id\":\"r\",\"user_id\":\"ada\",\"presence\":\"yes\"} | presence",
                "{\"type\":\"leave\"} | room_id",
                "{\"type\":\"broadcast\",\"content\":1} | room_id",
                "{\"type\":\"broadcast\",\"room_id\":\"r\"} | content",
                "{\"type\":\"direct\",\"content\":1} | user_id",
                "{\"type\":\"direct\",\"user_id\":\"bob\"} | content",
                "{\"type\":\"history\"} | room_id",
                "{\"type\":\"history\",\"room_id\":\"r\",\"limit\":0} | limit",
                "{\"type\":\"history\",\"room_id\":\"r\",\"limit\":501} | limit",
                "{\"type\":\"history\",\"room_id\":\"r\",\"limit\":\"all\"} | limit",
                "{\"type\":\"history\",\"room_id\":\"r\",\"before\":true} | before",
                "{\"type\":\"presence\"} | room_id",
                "{\"type\":\"auth\"} | token",
                "{\"type\":\"ping\",\"id\":5} | id",
                "{\"type\":\"ping\",\"id\":\"\"} | id",
            })
    void aBadRequestNamesTheField(String text, String field) {
        TestClient client = TestClient.connect(node);
        client.send(text);
        Frame error = client.next("error");
        assertThat(error.get("code")).isEqualTo("bad_request");
        assertThat(error.get("message")).contains(field);
        client.ping();
    }

    @Test
    void anUnknownTypeIsNamed() {
        Frame error = TestClient.connect(node).ask("shout", "room_id", "r");
        assertThat(error.get("code")).isEqualTo("unknown_type");
        assertThat(error.get("message")).contains("shout");
    }

    // --- Ids: 1 to 255 bytes for a room, 1 to 128 for a user, up to 64 for a request, no control characters

    @ParameterizedTest
    @CsvSource({"x, 255", "é, 127", "€, 85", "😀, 63"})
    void aRoomIdMayHave255Bytes(String character, int times) {
        TestClient client = TestClient.connect(node);
        String longest = character.repeat(times);
        assertThat(client.join(longest, "ada").get("room_id")).isEqualTo(longest);
        assertBad(client.ask("join", "room_id", character.repeat(times + 1)), "room_id");
    }

    @ParameterizedTest
    @CsvSource({"x, 128", "é, 64", "€, 42", "😀, 32"})
    void aUserIdMayHave128Bytes(String character, int times) {
        String longest = character.repeat(times);
        assertBad(
                TestClient.connect(node).ask("join", "room_id", "r", "user_id", character.repeat(times + 1)),
                "user_id");
        assertThat(TestClient.connect(node).join("r", longest).get("user_id")).isEqualTo(longest);
    }

    @Test
    void aRequestIdMayHave64Bytes() {
        TestClient client = TestClient.connect(node);
        client.ask("ping", "id", "é".repeat(32));
        client.tell("ping", "id", "é".repeat(32) + "x");
        assertBad(client.next("error"), "id");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\u0000b", "a\nb", "\u007f", "a\u0085b"})
    void noIdHasControlCharactersOrIsEmpty(String id) {
        TestClient client = TestClient.connect(node);
        assertBad(client.ask("join", "room_id", id, "user_id", "ada"), "room_id");
        assertBad(client.ask("join", "room_id", "r", "user_id", id), "user_id");
    }

    /** With one of these a name looks like another, and turns what stands behind it on a page. */
    @ParameterizedTest
    @ValueSource(strings = {"\u202a", "\u202e", "\u2066", "\u2069"})
    void noIdTurnsTheDirectionOfText(String control) {
        TestClient client = TestClient.connect(node);
        String id = "ecila" + control + "x";
        assertBad(client.ask("join", "room_id", id, "user_id", "ada"), "room_id");
        assertBad(client.ask("join", "room_id", "r", "user_id", id), "user_id");
        client.join("r", "ada\u200f"); // a mark that turns nothing around it
        assertBad(client.ask("direct", "user_id", id, "content", 1), "user_id");
        String path = "/rooms/" + URLEncoder.encode(id, StandardCharsets.UTF_8) + "/history";
        assertThat(node.http(path).statusCode()).isEqualTo(400);
    }

    @Test
    void whereItIsConfiguredIdsMayTurnTheDirectionOfText() {
        try (TestCluster lenient =
                TestCluster.aCluster().with("ids.bidi-controls", true).start()) {
            TestClient.member(lenient.node(), "r\u202e", "ada\u2066").close();
        }
    }

    private static void assertBad(Frame error, String field) {
        assertThat(error.type()).as(error.text()).isEqualTo("error");
        assertThat(error.get("code")).isEqualTo("bad_request");
        assertThat(error.get("message")).contains(field);
    }

    // --- Rooms and users

    @Test
    void whoIsNotInTheRoomCannotSpeakThereNorLeaveIt() {
        TestClient client = TestClient.member(node, "inside", "ada");
        Frame error = client.ask("broadcast", "room_id", "outside", "content", 1);
        assertThat(error.get("code")).isEqualTo("not_in_room");
        assertThat(error.get("room_id")).isEqualTo("outside");
        assertThat(client.ask("leave", "room_id", "outside").get("code")).isEqualTo("not_in_room");
    }

    @Test
    void whoHasNotJoinedAnyRoomIsNobodyAndCannotSpeak() {
        TestClient client = TestClient.connect(node);
        assertThat(client.ask("broadcast", "room_id", "r", "content", 1).get("code"))
                .isEqualTo("not_in_room");
        assertThat(client.ask("direct", "user_id", "bob", "content", 1).type()).isEqualTo("error");
    }

    @Test
    void aConnectionIsOneUser() {
        TestClient client = TestClient.member(node, "one", "ada");
        Frame error = client.ask("join", "room_id", "two", "user_id", "bob");
        assertThat(error.get("code")).isEqualTo("forbidden");
        assertThat(error.get("room_id")).isEqualTo("two");
        assertThat(client.ask("join", "room_id", "two", "user_id", "ada").type())
                .isEqualTo("joined");
    }

    @Test
    void aJoinThatIsForbiddenNamesNobody() {
        TestClient client = TestClient.connect(node);
        assertThat(client.ask("join", "room_id", "@bob", "user_id", "ada").get("code"))
                .isEqualTo("forbidden");
        assertBad(client.ask("join", "room_id", "named"), "user_id");
        assertThat(client.join("named", "bob").get("user_id")).isEqualTo("bob");
        assertThat(client.ask("join", "room_id", "@bob").type()).isEqualTo("joined");
    }

    @Test
    void anErrorHasItsCodeAMessageForAPersonTheRoomAndTheId() {
        TestClient client = TestClient.member(node, "here", "ada");
        Frame error = client.ask("leave", "room_id", "there", "id", "l-1");
        assertThat(error.get("id")).isEqualTo("l-1");
        assertThat(error.get("room_id")).isEqualTo("there");
        assertThat(error.get("message")).isNotBlank();
    }

    // --- Too many of them

    @Test
    void tooManyErrorsInARowAre4503() {
        TestClient client = TestClient.connect(node);
        for (int i = 0; i < ERRORS_IN_A_ROW; i++) {
            client.send("?");
        }
        client.next("error", ERRORS_IN_A_ROW);
        Closing end = client.expectClose();
        assertThat(end.code()).isEqualTo(4503);
        assertThat(end.reason()).isNotBlank();
    }

    @Test
    void aValidRequestInBetweenBeginsANewRow() {
        TestClient client = TestClient.connect(node);
        for (int row = 0; row < 3; row++) {
            for (int i = 1; i < ERRORS_IN_A_ROW; i++) {
                client.send("?");
            }
            client.next("error", ERRORS_IN_A_ROW - 1);
            client.ping();
        }
    }
}
