package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {
    private static final Resumption AT_41 = new Resumption(41, true, false, Resumption.NOWHERE);
    private static final RoomId LOBBY = new RoomId("lobby");
    private static final UserId ALICE = new UserId("alice");
    private static final RoomId ODD_ROOM = new RoomId("a\"b\\c/d\u20AC\uD83D\uDE00\u2028");

    private final FrameWriter writer = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);

    private static Message message(long seq, String id, String content) {
        return new Message(seq, 1767225600000L, ALICE, id, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Exactly these fields; apostrophes stand for quotation marks. */
    private static void assertJson(JsonNode found, String expected) throws IOException {
        assertThat(found).isEqualTo(new ObjectMapper().readTree(expected.replace('\'', '"')));
    }

    @Test
    void aBroadcastIsAsThePageOfTheProtocolSays() throws IOException {
        assertJson(
                Frames.json(writer.message(LOBBY, message(42, "m-1", "\"Hello everyone!\""), 0)),
                "{'type':'broadcast','room_id':'lobby','content':'Hello everyone!','sender':'alice','seq':42,"
                        + "'ts':1767225600000,'id':'m-1'}");
    }

    @Test
    void anEphemeralMessageHasNoSeqAndNoIdUnlessOneWasGiven() throws IOException {
        assertJson(
                Frames.json(writer.message(LOBBY, message(0, null, "[1.50]"), 0)),
                "{'type':'broadcast','room_id':'lobby','content':[1.50],'sender':'alice','ts':1767225600000}");
    }

    @Test
    void whatIsSaidInAPersonalRoomIsDirectAndNamesNoRoom() throws IOException {
        assertJson(
                Frames.json(writer.message(RoomId.personalOf(ALICE), message(3, null, "{}"), 0)),
                "{'type':'direct','content':{},'sender':'alice','ts':1767225600000,'seq':3}");
    }

    @Test
    void everyMessageEndsWithItsSeq() {
        Frame frame = writer.message(LOBBY, message(42, "m-1", "{\"seq\":1}"), 0);

        assertThat(frame.plain().toString(StandardCharsets.UTF_8)).endsWith(",\"seq\":42}");
        frame.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 9, 10, 99, 100, 999_999_999, 4_294_967_296L, Long.MAX_VALUE})
    void thePartsWithTheSeqBetweenThemAreTheMessage(long seq) {
        for (RoomId room : List.of(LOBBY, ODD_ROOM, RoomId.personalOf(ALICE))) {
            for (String id : new String[] {null, "m-1"}) {
                MessageParts parts = writer.parts(room, message(0, id, "{\"a\": 1}"));
                String joined = new String(parts.before(), StandardCharsets.UTF_8)
                        + new String(parts.content(), StandardCharsets.UTF_8)
                        + new String(parts.behind(), StandardCharsets.UTF_8)
                        + seq
                        + "}";
                Frame whole = writer.message(room, message(seq, id, "{\"a\": 1}"), 0);
                ByteBuf payload = whole.payload();

                assertThat(joined).isEqualTo(payload.toString(StandardCharsets.UTF_8));
                payload.release();
                whole.release();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20})
    void everyLengthHasTheHeadThatRfc6455Asks(int length) {
        byte[] payload = new byte[length];
        java.util.Arrays.fill(payload, (byte) 'x');
        Frame frame = writer.relayed(ByteBuffer.wrap(payload));
        ByteBuf again = frame.payload();
        byte[] read = new byte[again.readableBytes()];
        again.readBytes(read);
        again.release();

        assertThat(read).isEqualTo(payload);
        assertThat(frame.plain().readableBytes() - length).isEqualTo(length < 126 ? 2 : length < 65536 ? 4 : 10);
        Frames.Opened opened = Frames.open(frame.plain().retain());
        frame.release();
        assertThat(opened.first()).isEqualTo(0x81);
        assertThat(opened.payload()).isEqualTo(payload);
    }

    @Test
    void aRelayedFrameIsTheOneThatThePeerWrote() {
        Frame original = writer.message(ODD_ROOM, message(7, "m", "\"" + "x".repeat(300) + "\""), 0);
        ByteBuf payload = original.payload();
        Frame relayed = writer.relayed(payload.nioBuffer());

        assertThat(relayed.plain()).isEqualTo(original.plain());
        payload.release();
        original.release();
        relayed.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 9, 10, 11, 99, 100, 1_000_000_000, 9_999_999_999L, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void numbersKeepEveryDigit(long number) throws IOException {
        JsonNode gap = Frames.json(writer.gap(LOBBY, number, Long.MAX_VALUE));

        assertThat(gap.get("from").longValue()).isEqualTo(number);
        assertThat(gap.get("from").toString()).isEqualTo(Long.toString(number));
        assertThat(gap.get("to").longValue()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void textsAreEscapedWhereverTheyStand() throws IOException {
        UserId odd = new UserId("\"\\\u20AC\uD83D\uDE00\u2028");

        JsonNode joined = Frames.json(writer.joined("i\"d", ODD_ROOM, odd, "c\\1", new Head(0, "e\"1"), null));

        assertThat(joined.get("id").textValue()).isEqualTo("i\"d");
        assertThat(joined.get("room_id").textValue()).isEqualTo(ODD_ROOM.text());
        assertThat(joined.get("user_id").textValue()).isEqualTo(odd.text());
        assertThat(joined.get("connection_id").textValue()).isEqualTo("c\\1");
        assertThat(joined.get("epoch").textValue()).isEqualTo("e\"1");
        String controls = "a\u0000\u0001\b\t\n\f\r\u001F\u007Fz";
        JsonNode error = Frames.json(writer.error(new RequestException(ErrorCode.BAD_JSON, controls), null, ODD_ROOM));
        assertThat(error.get("message").textValue()).isEqualTo(controls);
        JsonNode member = Frames.json(writer.member(ODD_ROOM, odd, true));
        assertThat(member.get("user_id").textValue()).isEqualTo(odd.text());
    }

    @Test
    void joinedSaysWhereTheRoomStands() throws IOException {
        assertJson(
                Frames.json(writer.joined("j", LOBBY, ALICE, "n-1", new Head(41, "7f3a"), AT_41)),
                "{'type':'joined','id':'j','room_id':'lobby','user_id':'alice','connection_id':'n-1','seq':41,"
                        + "'epoch':'7f3a','recovered':true}");
        assertJson(
                Frames.json(writer.joined(null, LOBBY, ALICE, "n-1", new Head(0, "7f3a"), AT_41.behindAGap())),
                "{'type':'joined','room_id':'lobby','user_id':'alice','connection_id':'n-1','seq':0,"
                        + "'epoch':'7f3a','recovered':false}");
    }

    @Test
    void joinedSaysToWhoKnowsAnotherEpochWhereItGoesOn() throws IOException {
        Resumption uncertain = new Resumption(38, false, true, 39);
        assertJson(
                Frames.json(writer.joined("j", LOBBY, ALICE, "n-1", new Head(41, "7f3a"), uncertain)),
                "{'type':'joined','id':'j','room_id':'lobby','user_id':'alice','connection_id':'n-1','seq':41,"
                        + "'epoch':'7f3a','recovered':false,'resumed_after':38,'uncertain_after':39}");
        Resumption whole = new Resumption(0, true, true, Resumption.NOWHERE);
        assertJson(
                Frames.json(writer.joined(null, LOBBY, ALICE, "n-1", new Head(41, "7f3a"), whole)),
                "{'type':'joined','room_id':'lobby','user_id':'alice','connection_id':'n-1','seq':41,"
                        + "'epoch':'7f3a','recovered':true,'resumed_after':0}");
    }

    @Test
    void joinedInAnEphemeralRoomHasNeitherSeqNorEpoch() throws IOException {
        assertJson(
                Frames.json(writer.joined(null, LOBBY, ALICE, "n-1", null, null)),
                "{'type':'joined','room_id':'lobby','user_id':'alice','connection_id':'n-1'}");
    }

    @Test
    void anAckNamesTheEpochIfItIsAnotherThanTheSendersOwn() throws IOException {
        assertJson(
                Frames.json(writer.ack("x", LOBBY, 9, "7f3b")),
                "{'type':'ack','id':'x','room_id':'lobby','seq':9,'epoch':'7f3b'}");
    }

    @Test
    void answersCarryTheIdOfTheirRequest() throws IOException {
        assertJson(Frames.json(writer.left("x", LOBBY)), "{'type':'left','id':'x','room_id':'lobby'}");
        assertJson(Frames.json(writer.left(null, LOBBY)), "{'type':'left','room_id':'lobby'}");
        assertJson(Frames.json(writer.pong("x")), "{'type':'pong','id':'x'}");
        assertJson(Frames.json(writer.pong(null)), "{'type':'pong'}");
        assertJson(Frames.json(writer.ack("x", LOBBY, 9, "")), "{'type':'ack','id':'x','room_id':'lobby','seq':9}");
        assertJson(Frames.json(writer.ack("x", LOBBY, 0, "")), "{'type':'ack','id':'x','room_id':'lobby'}");
    }

    @Test
    void memberEventsNameTheUser() throws IOException {
        assertJson(
                Frames.json(writer.member(LOBBY, ALICE, true)),
                "{'type':'member_joined','room_id':'lobby','user_id':'alice'}");
        assertJson(
                Frames.json(writer.member(LOBBY, ALICE, false)),
                "{'type':'member_left','room_id':'lobby','user_id':'alice'}");
    }

    @Test
    void aGapNamesItsEndsToOneAndToAll() throws IOException {
        String expected = "{'type':'gap','room_id':'lobby','from':3,'to':10}";

        assertJson(Frames.json(writer.gap(LOBBY, 3, 10)), expected);
        assertJson(Frames.json(writer.gapForAll(LOBBY, 3, 10)), expected);
    }

    @Test
    void historyListsMessagesInTheOrderGiven() throws IOException {
        assertJson(
                Frames.json(writer.history(
                        "h", LOBBY, List.of(message(3, "m", "\"a\""), message(4, null, "{\"b\":null}")), true, 3)),
                "{'type':'history','id':'h','room_id':'lobby','oldest':3,'messages':["
                        + "{'content':'a','sender':'alice','ts':1767225600000,'id':'m','seq':3},"
                        + "{'content':{'b':null},'sender':'alice','ts':1767225600000,'seq':4}],'has_more':true}");
        assertJson(
                Frames.json(writer.history(null, LOBBY, List.of(), false, 1)),
                "{'type':'history','room_id':'lobby','oldest':1,'messages':[],'has_more':false}");
    }

    @Test
    void presenceCountsAllAndListsWhomItWasGiven() throws IOException {
        Map<UserId, Integer> listed = new LinkedHashMap<>();
        listed.put(ALICE, 1);
        listed.put(new UserId("b\"ob"), 12);

        assertJson(
                Frames.json(writer.presence("p", LOBBY, 1000, listed)),
                "{'type':'presence','id':'p','room_id':'lobby','count':1000,'members':["
                        + "{'user_id':'alice','connections':1},{'user_id':'b\\'ob','connections':12}]}");
        assertJson(
                Frames.json(writer.presence(null, LOBBY, 0, Map.of())),
                "{'type':'presence','room_id':'lobby','count':0,'members':[]}");
    }

    @Test
    void errorsSayWhatAppliesAndNothingElse() throws IOException {
        assertJson(
                Frames.json(writer.error(new RequestException(ErrorCode.NOT_IN_ROOM, "join first"), "e", LOBBY)),
                "{'type':'error','id':'e','code':'not_in_room','message':'join first','room_id':'lobby'}");
        JsonNode limited = Frames.json(writer.error(RequestException.rateLimited(120), null, null));
        assertThat(limited.get("retry_after_ms").longValue()).isEqualTo(120);
        assertThat(limited.get("code").textValue()).isEqualTo("rate_limited");
        assertThat(limited.has("id") || limited.has("room_id")).isFalse();
    }

    @Test
    void aFrameThatCannotBeWrittenLeavesNoBuffer() {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
        FrameWriter careful = new FrameWriter(allocator);
        Message bad = new Message(1, -1, ALICE, null, new byte[0]); // as no clock says

        assertThatThrownBy(() -> careful.reconnect(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> careful.message(LOBBY, bad, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> careful.parts(LOBBY, bad)).isInstanceOf(IllegalArgumentException.class);

        assertThat(allocator.metric().usedDirectMemory()).isZero();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }

    @Test
    void reconnectSaysWhen() throws IOException {
        assertJson(Frames.json(writer.reconnect(1500)), "{'type':'reconnect','after_ms':1500}");
    }
}
