package io.roomwire.test.wire;

import static io.roomwire.test.client.WireFrame.BINARY;
import static io.roomwire.test.client.WireFrame.CLOSE;
import static io.roomwire.test.client.WireFrame.CONTINUATION;
import static io.roomwire.test.client.WireFrame.PING;
import static io.roomwire.test.client.WireFrame.PONG;
import static io.roomwire.test.client.WireFrame.TEXT;
import static io.roomwire.test.client.WireFrame.text;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
    private static final int LIMIT_BYTES = 4096;
    private static final String HI = "{\"type\":\"ping\",\"id\":\"é€😀\"}";
    private static final String HI_BACK = "{\"type\":\"pong\",\"id\":\"é€😀\"}";
    private static final byte[] HI_BYTES = HI.getBytes(StandardCharsets.UTF_8);

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("limits.message-bytes", LIMIT_BYTES).start();

    private final TestNode node = CLUSTER.node();

    @AutoClose
    private RawClient client;

    @BeforeEach
    void connect() {
        client = RawClient.upgraded(node);
    }

    /** Whatever a client does, others are served. */
    @AfterEach
    void theNodeStillAnswers() {
        try (RawClient other = RawClient.upgraded(node)) {
            other.send(text(HI));
            assertThat(other.readText()).isEqualTo(HI_BACK);
        }
    }

    // --- Data

    @Test
    void aTextIsAnswered() {
        client.send(text(HI));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    /** Also inside of a character: each fragment alone is no UTF-8. */
    @Test
    void aTextInFragmentsOfOneByteIsAnswered() {
        for (int i = 0; i < HI_BYTES.length; i++) {
            WireFrame frame = WireFrame.of(i == 0 ? TEXT : CONTINUATION, part(i, i + 1));
            client.send(i == HI_BYTES.length - 1 ? frame : frame.unfinished());
        }
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void emptyFragmentsAreFragments() {
        client.send(
                WireFrame.of(TEXT, "").unfinished(),
                WireFrame.of(CONTINUATION, HI).unfinished(),
                WireFrame.of(CONTINUATION, ""));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void aPingBetweenFragmentsIsAnsweredBeforeTheText() {
        client.send(WireFrame.of(TEXT, part(0, 5)).unfinished(), WireFrame.of(PING, "between"));
        assertThat(client.read(PONG).text()).isEqualTo("between");
        client.send(WireFrame.of(CONTINUATION, part(5, HI_BYTES.length)));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void framesThatArriveByteByByteAreFrames() {
        for (byte each : text(HI).encoded()) {
            client.send(new byte[] {each});
        }
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void manyFramesInOnePacketAreAnsweredInOrder() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            all.append(new String(
                    text("{\"type\":\"ping\",\"id\":\"" + i + "\"}").encoded(), StandardCharsets.ISO_8859_1));
        }
        client.send(all.toString());
        for (int i = 0; i < 50; i++) {
            assertThat(client.readText()).isEqualTo("{\"type\":\"pong\",\"id\":\"" + i + "\"}");
        }
    }

    @Test
    void binaryIs1003() {
        client.send(WireFrame.of(BINARY, HI));
        assertClosedWith(1003);
    }

    // --- Control frames

    @Test
    void aPingIsAnsweredWithItsPayload() {
        String longest = "x".repeat(125);
        client.send(WireFrame.of(PING, "hello"), WireFrame.of(PING, ""), WireFrame.of(PING, longest));
        assertThat(client.read(PONG).text()).isEqualTo("hello");
        assertThat(client.read(PONG).text()).isEmpty();
        assertThat(client.read(PONG).text()).isEqualTo(longest);
    }

    @Test
    void aPongThatNobodyAskedForIsPassedOver() {
        client.send(WireFrame.of(PONG, "unasked"), text(HI));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void aControlFrameOver125BytesIs1002() {
        client.send(WireFrame.of(PING, "x".repeat(126)));
        assertClosedWith(1002);
    }

    @ParameterizedTest
    @ValueSource(ints = {PING, PONG, CLOSE})
    void aControlFrameInFragmentsIs1002(int opcode) {
        client.send(WireFrame.of(opcode, "").unfinished());
        assertClosedWith(1002);
    }

    // --- Closing

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999})
    void aCloseIsAnsweredOnceWithItsCode(int code) {
        client.send(WireFrame.close(code, "going"));
        // readClose makes sure that nothing follows, above all no second close.
        assertThat(client.readClose().closeCode()).isEqualTo(code);
    }

    @Test
    void aCloseWithoutACodeIsAnsweredOnceWithoutOne() {
        client.send(WireFrame.of(CLOSE, ""));
        assertThat(client.readClose().closeCode()).isIn(Closing.NO_CODE, 1000);
    }

    /** 1005 and 1006 are for the inside of a client; 1015 for TLS; the others are nobody's. */
    @ParameterizedTest
    @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    void aCodeThatMayNotBeSentIs1002(int code) {
        client.send(WireFrame.close(code, ""));
        assertClosedWith(1002);
    }

    @Test
    void aCloseOfOneByteIs1002() {
        client.send(WireFrame.of(CLOSE, "x"));
        assertClosedWith(1002);
    }

    @Test
    void aReasonThatIsNotUtf8Is1007() {
        client.send(WireFrame.of(CLOSE, new byte[] {0x03, (byte) 0xe8, (byte) 0xc3, 0x28}));
        assertClosedWith(1007);
    }

    @Test
    void whatComesBehindACloseIsNotAnswered() {
        client.send(WireFrame.close(1000, ""), text(HI), WireFrame.of(PING, "?"));
        assertThat(client.readClose().closeCode()).isEqualTo(1000);
    }

    // --- UTF-8

    @Test
    void textThatIsNotUtf8Is1007() {
        client.send(WireFrame.of(TEXT, new byte[] {'"', (byte) 0xc3, 0x28, '"'}));
        assertClosedWith(1007);
    }

    /** Overlong, half a surrogate pair, beyond Unicode: each well formed, none of them text. */
    @ParameterizedTest
    @ValueSource(strings = {"c080", "eda080", "f4908080"})
    void codePointsThatDoNotExistAre1007(String hex) {
        client.send(WireFrame.of(TEXT, java.util.HexFormat.of().parseHex("22" + hex + "22")));
        assertClosedWith(1007);
    }

    @Test
    void aCharacterThatBreaksAtAFragmentIs1007() {
        client.send(
                WireFrame.of(TEXT, new byte[] {'"', (byte) 0xe2, (byte) 0x82}).unfinished(),
                WireFrame.of(CONTINUATION, "\""));
        assertClosedWith(1007);
    }

    @Test
    void aCharacterThatIsCutOffAtTheEndIs1007() {
        client.send(WireFrame.of(TEXT, new byte[] {'"', (byte) 0xe2, (byte) 0x82}));
        assertClosedWith(1007);
    }

    // --- Size

    @Test
    void aMessageOfTheLimitIsTaken() {
        client.send(text(padded(LIMIT_BYTES)));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    @Test
    void aMessageOverTheLimitIs1009() {
        client.send(text(padded(LIMIT_BYTES + 1)));
        assertClosedWith(1009);
    }

    @Test
    void fragmentsOverTheLimitTogetherAre1009() {
        String message = padded(LIMIT_BYTES + 1);
        client.send(WireFrame.of(TEXT, message.substring(0, LIMIT_BYTES / 2)).unfinished());
        client.send(WireFrame.of(CONTINUATION, message.substring(LIMIT_BYTES / 2)));
        assertClosedWith(1009);
    }

    @Test
    void fragmentsOfTheLimitTogetherAreTaken() {
        String message = padded(LIMIT_BYTES);
        client.send(WireFrame.of(TEXT, message.substring(0, LIMIT_BYTES / 2)).unfinished());
        client.send(WireFrame.of(CONTINUATION, message.substring(LIMIT_BYTES / 2)));
        assertThat(client.readText()).isEqualTo(HI_BACK);
    }

    /** Told by its header; nobody waits for an exabyte. */
    @Test
    void aLengthOverTheLimitIs1009BeforeTheBytesAreThere() {
        client.send(text("").header(1L << 60));
        client.send(new byte[4]);
        assertClosedWith(1009);
    }

    @Test
    void aNegativeLengthIs1002() {
        client.send(text("").header(-1));
        client.send(new byte[4]);
        assertClosedWith(1002);
    }

    // --- The frame itself

    @ParameterizedTest
    @ValueSource(ints = {TEXT, PING, CLOSE})
    void anUnmaskedFrameIs1002(int opcode) {
        client.send(WireFrame.of(opcode, "").unmasked());
        assertClosedWith(1002);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 7})
    void reservedBitsAre1002(int bits) {
        client.send(text(HI).rsv(bits));
        assertClosedWith(1002);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    void aReservedOpcodeIs1002(int opcode) {
        client.send(WireFrame.of(opcode, HI));
        assertClosedWith(1002);
    }

    @Test
    void aContinuationOfNothingIs1002() {
        client.send(WireFrame.of(CONTINUATION, HI));
        assertClosedWith(1002);
    }

    @Test
    void aNewMessageInsideOfAFragmentedOneIs1002() {
        client.send(WireFrame.of(TEXT, "{").unfinished(), text(HI));
        assertClosedWith(1002);
    }

    private void assertClosedWith(int code) {
        WireFrame close = client.readClose();
        assertThat(close.closeCode()).as(close.closeReason()).isEqualTo(code);
        assertThat(close.closeReason()).as("a reason for a person").isNotBlank();
    }

    private static byte[] part(int from, int to) {
        return Arrays.copyOfRange(HI_BYTES, from, to);
    }

    /** The greeting, of exactly so many bytes. */
    private static String padded(int bytes) {
        String start = HI.substring(0, HI.length() - 1) + ",\"x\":\"";
        return start + "x".repeat(bytes - start.getBytes(StandardCharsets.UTF_8).length - 2) + "\"}";
    }
}
