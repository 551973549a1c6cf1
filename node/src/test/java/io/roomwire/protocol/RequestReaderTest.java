package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {
    private static final RoomId LOBBY = new RoomId("lobby");
    private static final UserId ALICE = new UserId("alice");

    private final RequestReader reader = new RequestReader();

    /** Apostrophes stand for quotation marks, so that examples can be read. */
    private Request read(String json) {
        byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return reader.read(bytes, bytes.length);
    }

    private RequestException refusal(String json) {
        RequestException refusal = catchThrowableOfType(RequestException.class, () -> read(json));
        assertThat(refusal).as(json).isNotNull();
        return refusal;
    }

    @Test
    void aJoinNamesRoomAndUser() {
        assertThat(read("{'type':'join','room_id':'lobby','user_id':'alice'}"))
                .isEqualTo(new Request.Join(null, LOBBY, ALICE, null, null, false));
    }

    @Test
    void aJoinMayResumeAndWatch() {
        assertThat(read("{'type':'join','id':'j','room_id':'lobby','after':41,'epoch':'7f','presence':true}"))
                .isEqualTo(new Request.Join("j", LOBBY, null, 41L, "7f", true));
    }

    @Test
    void aLeaveNamesTheRoom() {
        assertThat(read("{'type':'leave','id':'l','room_id':'lobby'}")).isEqualTo(new Request.Leave("l", LOBBY));
    }

    @Test
    void aBroadcastHasContent() {
        Request.Broadcast broadcast =
                (Request.Broadcast) read("{'type':'broadcast','id':'m-1','room_id':'lobby','content':'Hello'}");

        assertThat(broadcast.id()).isEqualTo("m-1");
        assertThat(broadcast.room()).isEqualTo(LOBBY);
        assertThat(broadcast.content()).asString().isEqualTo("\"Hello\"");
    }

    @Test
    void aDirectNamesTheRecipientAndNoRoom() {
        Request.Direct direct = (Request.Direct) read("{'type':'direct','user_id':'alice','content':[1, 2]}");

        assertThat(direct.recipient()).isEqualTo(ALICE);
        assertThat(direct.room()).isNull();
        assertThat(direct.content()).asString().isEqualTo("[1, 2]");
    }

    @Test
    void historyIsTheNewestFiftyUnlessAsked() {
        assertThat(read("{'type':'history','room_id':'lobby'}"))
                .isEqualTo(new Request.History(null, LOBBY, Range.upTo(Range.END, 50)));
    }

    @Test
    void historyGoesEitherWay() {
        assertThat(read("{'type':'history','room_id':'lobby','before':7,'limit':1}"))
                .isEqualTo(new Request.History(null, LOBBY, Range.upTo(7, 1)));
        assertThat(read("{'type':'history','room_id':'lobby','after':0,'limit':500}"))
                .isEqualTo(new Request.History(null, LOBBY, Range.behind(0, 500)));
    }

    @Test
    void presenceNamesTheRoom() {
        assertThat(read("{'type':'presence','room_id':'lobby'}")).isEqualTo(new Request.Presence(null, LOBBY));
    }

    @Test
    void authHasATokenThatIsNeverShown() {
        Request auth = read("{'type':'auth','token':'abc.def'}");

        assertThat(auth).isEqualTo(new Request.Auth(null, "abc.def"));
        assertThat(auth.toString()).doesNotContain("abc");
    }

    @Test
    void aPingNeedsNothing() {
        assertThat(read(" {\"type\" : \"ping\"}\n")).isEqualTo(new Request.Ping(null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "nul",
                "{'type':'ping'",
                "{'type':'ping',}",
                "{'type' 'ping'}",
                "{'type':'ping'}}",
                "{'type':'ping'} {}",
                "{'type':'ping'}x",
                "{'type':'broadcast','room_id':'r','content':[1,}",
                "{'type':'broadcast','room_id':'r','content':01}",
                "{'type':'broadcast','room_id':'r','content':tru}",
                "{'type':'broadcast','room_id':'r','content':'\n'}",
                "{'type':'ping','more':'\\x'}"
            })
    void whatIsNoJsonIsBadJson(String json) {
        assertThat(refusal(json).code()).isEqualTo(ErrorCode.BAD_JSON);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "null", "'ping'", "1", "true", "[{'type':'ping'}]"})
    void whatIsNoObjectIsABadRequest(String json) {
        assertThat(refusal(json).code()).isEqualTo(ErrorCode.BAD_REQUEST);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = ';',
            value = {
                "type;{}",
                "type;{'type':null}",
                "type;{'type':1}",
                "type;{'type':['ping']}",
                "room_id;{'type':'join'}",
                "room_id;{'type':'leave'}",
                "room_id;{'type':'presence'}",
                "room_id;{'type':'history'}",
                "room_id;{'type':'broadcast','content':1}",
                "room_id;{'type':'broadcast','content':1,'room_id':''}",
                "room_id;{'type':'broadcast','content':1,'room_id':7}",
                "room_id;{'type':'leave','room_id':'a\\u0000b'}",
                "room_id;{'type':'leave','room_id':'\\ud83d'}",
                "user_id;{'type':'join','room_id':'r','user_id':''}",
                "user_id;{'type':'join','room_id':'r','user_id':false}",
                "user_id;{'type':'direct','content':1}",
                "content;{'type':'broadcast','room_id':'r'}",
                "content;{'type':'direct','user_id':'u'}",
                "after;{'type':'join','room_id':'r','after':-1}",
                "after;{'type':'join','room_id':'r','after':1.0}",
                "after;{'type':'join','room_id':'r','after':'1'}",
                "after;{'type':'join','room_id':'r','after':9223372036854775808}",
                "after;{'type':'history','room_id':'r','before':1,'after':1}",
                "before;{'type':'history','room_id':'r','before':{}}",
                "limit;{'type':'history','room_id':'r','limit':0}",
                "limit;{'type':'history','room_id':'r','limit':501}",
                "limit;{'type':'history','room_id':'r','limit':4294967297}",
                "epoch;{'type':'join','room_id':'r','after':1,'epoch':2}",
                "presence;{'type':'join','room_id':'r','presence':'yes'}",
                "token;{'type':'auth'}",
                "id;{'type':'ping','id':1}",
                "id;{'type':'ping','id':''}",
            })
    void theMessageOfABadRequestNamesTheField(String field, String json) {
        RequestException refusal = refusal(json);

        assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(refusal.message()).containsPattern("\\b" + field + "\\b");
    }

    @Test
    void anUnknownTypeIsNamedButNotInFull() {
        RequestException refusal = refusal("{'type':'" + "x".repeat(5000) + "'}");

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNKNOWN_TYPE);
        assertThat(refusal.message()).contains("xxx").hasSizeLessThan(100);
    }

    @Test
    void typesAreWrittenInLowerCase() {
        assertThat(refusal("{'type':'PING'}").code()).isEqualTo(ErrorCode.UNKNOWN_TYPE);
    }

    @Test
    void anErrorCarriesTheIdWhereverItStood() {
        assertThat(refusal("{'id':'q','type':'nothing'}").requestId()).isEqualTo("q");
        assertThat(refusal("{'type':'leave','id':'q'}").requestId()).isEqualTo("q");
        assertThat(refusal("{'id':'q','type':").requestId()).isEqualTo("q");
        assertThat(refusal("{'type':'leave'}").requestId()).isNull();
    }

    @Test
    void anIdIsAtMostSixtyFourBytesOfUtf8() {
        String fits = "é".repeat(32);

        assertThat(read("{'type':'ping','id':'" + fits + "'}").id()).isEqualTo(fits);
        RequestException refusal = refusal("{'type':'ping','id':'" + fits + "x'}");
        assertThat(refusal.message()).startsWith("id ").contains("65");
        assertThat(refusal.requestId()).as("is not repeated").isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\\nb", "\\ud83d"})
    void anIdThatIsNotAllowedIsNotRepeatedWhereverTheFrameBreaks(String bad) {
        String tooLong = "\u20AC".repeat(64);
        for (String id : List.of(bad, tooLong)) {
            for (String rest : List.of("", ",'type':", ",'type':'ping'}", "} {")) {
                assertThat(refusal("{'id':'" + id + "'" + rest).requestId())
                        .as(id + rest)
                        .isNull();
            }
        }
    }

    @Test
    void idsOfRoomsAndUsersAreCountedInBytes() {
        String room = "é".repeat(127) + "x";
        String user = "\uD83D\uDE00".repeat(32);

        assertThat(read("{'type':'leave','room_id':'" + room + "'}").room()).isEqualTo(new RoomId(room));
        assertThat(refusal("{'type':'leave','room_id':'" + room + "x'}").message())
                .contains("256");
        assertThat(((Request.Direct) read("{'type':'direct','content':0,'user_id':'" + user + "'}")).recipient())
                .isEqualTo(new UserId(user));
        assertThat(refusal("{'type':'direct','content':0,'user_id':'" + user + "x'}")
                        .message())
                .contains("129");
    }

    @Test
    void unknownFieldsArePassedOver() {
        assertThat(read("{'a':{'type':'join','b':[{}]},'type':'ping','content':{'id':'no'},'z':1e400}"))
                .isEqualTo(new Request.Ping(null));
    }

    @Test
    void nullIsAsGoodAsAbsent() {
        assertThat(read("{'type':'join','id':null,'room_id':'lobby','user_id':null,'after':null,'epoch':null,"
                        + "'presence':null}"))
                .isEqualTo(new Request.Join(null, LOBBY, null, null, null, false));
    }

    @Test
    void theLastOfEqualNamesCounts() {
        Request.Broadcast broadcast = (Request.Broadcast)
                read("{'type':'ping','content':'first','room_id':'lobby','type':'broadcast','content':'last'}");

        assertThat(broadcast.content()).asString().isEqualTo("\"last\"");
    }

    @Test
    void aFieldNameMayBeWrittenWithEscapes() {
        assertThat(read("{'\\u0074ype':'\\u0070ing'}")).isEqualTo(new Request.Ping(null));
    }

    @Test
    void nothingOfOneFrameIsLeftForTheNext() {
        read("{'type':'broadcast','id':'m','room_id':'lobby','content':1,'after':3,'presence':true}");

        assertThat(read("{'type':'ping'}").id()).isNull();
        assertThat(refusal("{'type':'broadcast','room_id':'lobby'}").message()).startsWith("content");
        assertThat(read("{'type':'join','room_id':'lobby'}"))
                .isEqualTo(new Request.Join(null, LOBBY, null, null, null, false));
    }

    @Test
    void onlyTheFramesOwnBytesAreRead() {
        byte[] scratch = "{\"type\":\"ping\"}, what the frame before it left".getBytes(StandardCharsets.UTF_8);

        assertThat(reader.read(scratch, "{\"type\":\"ping\"}".length())).isEqualTo(new Request.Ping(null));
    }

    @Test
    void contentIsACopyThatTheNextFrameDoesNotChange() {
        byte[] scratch =
                "{\"type\":\"broadcast\",\"room_id\":\"r\",\"content\":\"one\"}".getBytes(StandardCharsets.UTF_8);
        Request.Broadcast broadcast = (Request.Broadcast) reader.read(scratch, scratch.length);

        java.util.Arrays.fill(scratch, (byte) 'x');

        assertThat(broadcast.content()).asString().isEqualTo("\"one\"");
    }

    @Test
    void nestingIsBounded() {
        String deep = "[".repeat(5000) + "]".repeat(5000);

        assertThat(refusal("{'type':'broadcast','room_id':'r','content':" + deep + "}")
                        .code())
                .isEqualTo(ErrorCode.BAD_REQUEST);
    }

    /** RFC 8259, section 8.1. As text without a mark, the other encodings are valid UTF-8 with zeros in it. */
    @ParameterizedTest
    @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE"})
    void jsonInAnotherEncodingThanUtf8IsBadJson(String encoding) {
        for (String json : List.of("{\"type\":\"ping\"}", "{}", "1", " {\"type\":\"ping\"}")) {
            byte[] bytes = json.getBytes(Charset.forName(encoding));
            RequestException refusal =
                    catchThrowableOfType(RequestException.class, () -> reader.read(bytes, bytes.length));
            assertThat(refusal).as(json).isNotNull();
            assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_JSON);
            assertThat(refusal.message()).contains("UTF-8");
        }
    }

    @Test
    void aByteOrderMarkIsBadJson() {
        assertThat(refusal("\uFEFF{'type':'ping'}").code()).isEqualTo(ErrorCode.BAD_JSON);
    }
}
