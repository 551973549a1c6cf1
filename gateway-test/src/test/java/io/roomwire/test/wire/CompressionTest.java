package io.roomwire.test.wire;

import static io.roomwire.test.client.WireFrame.CONTINUATION;
import static io.roomwire.test.client.WireFrame.RSV1;
import static io.roomwire.test.client.WireFrame.TEXT;
import static io.roomwire.test.client.WireFrame.text;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7692, permessage-deflate. */
class CompressionTest {
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    private static final String HI = "{\"type\":\"ping\",\"id\":\"é€😀\"}";
    private static final String HI_BACK = "{\"type\":\"pong\",\"id\":\"é€😀\"}";

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void aBroadcastIsReadableAtCompressingAndOtherMembers() {
        TestClient plain = TestClient.member(node, "mixed", "plain");
        TestClient small = TestClient.to(node).compressing().connect();
        small.join("mixed", "small");
        TestClient sender = TestClient.to(node).compressing().connect();
        sender.join("mixed", "sender");

        // The second and third show that no state is carried where none may be.
        for (String content : List.of("a".repeat(5000), "short", "ab".repeat(9000))) {
            sender.broadcast("mixed", content);
            for (TestClient member : List.of(plain, small, sender)) {
                Frame frame = member.next("broadcast");
                assertThat(frame.content().asText()).isEqualTo(content);
            }
        }
    }

    @Test
    void aLongBroadcastIsSmallOnTheWire() throws DataFormatException {
        TestClient sender = TestClient.member(node, "small", "sender");
        try (RawClient member = RawClient.upgraded(node, OFFER)) {
            member.send(text("{\"type\":\"join\",\"room_id\":\"small\",\"user_id\":\"member\"}"));
            member.readText();

            sender.broadcast("small", "a".repeat(20_000));

            WireFrame frame = member.read(TEXT);
            assertThat(frame.rsv()).isEqualTo(RSV1);
            assertThat(frame.payload().length).isLessThan(500);
            assertThat(inflate(frame.payload())).contains("\"content\":\"" + "a".repeat(20_000) + "\"");
        }
        sender.next("broadcast");
    }

    @Test
    void aShortMessageIsNotCompressed() {
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(text(HI));
            WireFrame pong = client.read(TEXT);
            assertThat(pong.rsv()).isZero();
            assertThat(pong.text()).isEqualTo(HI_BACK);
        }
    }

    @Test
    void aCompressedRequestIsRead() {
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, deflate(HI)).rsv(RSV1));
            assertThat(client.readText()).isEqualTo(HI_BACK);
        }
    }

    /** Only the first fragment has the bit (RFC 7692, section 6.1). */
    @Test
    void aCompressedRequestInFragmentsIsRead() {
        byte[] all = deflate(HI);
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(
                    WireFrame.of(TEXT, Arrays.copyOf(all, 7)).rsv(RSV1).unfinished(),
                    WireFrame.of(WireFrame.PING, "between"),
                    WireFrame.of(CONTINUATION, Arrays.copyOfRange(all, 7, all.length)));
            assertThat(client.read(WireFrame.PONG).text()).isEqualTo("between");
            assertThat(client.readText()).isEqualTo(HI_BACK);
        }
    }

    /** RFC 7692, section 7.2.3.4: a last block and a byte of zeros are legal. */
    @Test
    void aLastBlockIsRead() {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(HI.getBytes(StandardCharsets.UTF_8));
        deflater.finish();
        byte[] out = new byte[200];
        int length = deflater.deflate(out);
        deflater.end();
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, Arrays.copyOf(out, length + 1)).rsv(RSV1));
            assertThat(client.readText()).isEqualTo(HI_BACK);
            client.send(WireFrame.of(TEXT, deflate(HI)).rsv(RSV1));
            assertThat(client.readText()).isEqualTo(HI_BACK);
        }
    }

    /** Where the node has not asked for it, a client may refer back to its earlier messages. */
    @Test
    void aRequestThatRefersToAnEarlierOneIsReadUnlessTheNodeForbadeIt() {
        try (RawClient client = RawClient.connect(node)) {
            String extensions = client.exchange(RawClient.upgrade("/ws", OFFER)).header("Sec-WebSocket-Extensions");
            boolean forbidden = extensions.contains("client_no_context_takeover");
            Deflater deflater = new Deflater(9, true);
            for (int i = 0; i < 3; i++) {
                client.send(WireFrame.of(TEXT, deflate(deflater, HI)).rsv(RSV1));
                assertThat(client.readText()).isEqualTo(HI_BACK);
                if (forbidden) {
                    deflater.reset();
                }
            }
            deflater.end();
        }
    }

    @Test
    void aBombIs1009() {
        byte[] bomb = deflate(" ".repeat(60 << 20));
        assertThat(bomb.length).as("compressed it is within the limit").isLessThan(64 << 10);
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, bomb).rsv(RSV1));
            assertThat(client.readClose().closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void aCompressedMessageThatIsNotUtf8Is1007() {
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, deflate(new byte[] {'"', (byte) 0xc3, 0x28, '"'}))
                    .rsv(RSV1));
            assertThat(client.readClose().closeCode()).isEqualTo(1007);
        }
    }

    @Test
    void garbageIs1002() {
        byte[] garbage = new byte[100];
        Arrays.fill(garbage, (byte) 0xff);
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, garbage).rsv(RSV1));
            assertThat(client.readClose().closeCode()).isIn(1002, 1007);
        }
    }

    /** The extension gives a meaning to one of the three bits, not to all. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 6})
    void theOtherReservedBitsStay1002(int bits) {
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            client.send(WireFrame.of(TEXT, deflate(HI)).rsv(bits));
            assertThat(client.readClose().closeCode()).isEqualTo(1002);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {WireFrame.PING, WireFrame.CLOSE, CONTINUATION})
    void theBitWhereItHasNoMeaningIs1002(int opcode) {
        try (RawClient client = RawClient.upgraded(node, OFFER)) {
            if (opcode == CONTINUATION) {
                client.send(WireFrame.of(TEXT, "{").unfinished());
            }
            client.send(WireFrame.of(opcode, "").rsv(RSV1));
            assertThat(client.readClose().closeCode()).isEqualTo(1002);
        }
    }

    private static byte[] deflate(String text) {
        return deflate(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] deflate(byte[] bytes) {
        Deflater deflater = new Deflater(9, true);
        try {
            return deflate(deflater, bytes);
        } finally {
            deflater.end();
        }
    }

    private static byte[] deflate(Deflater deflater, String text) {
        return deflate(deflater, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] deflate(Deflater deflater, byte[] bytes) {
        deflater.setInput(bytes);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
                n > 0;
                n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH)) {
            out.write(buffer, 0, n);
        }
        byte[] all = out.toByteArray();
        return Arrays.copyOf(all, all.length - 4); // without 00 00 ff ff, section 7.2.1
    }

    private static String inflate(byte[] payload) throws DataFormatException {
        byte[] all = Arrays.copyOf(payload, payload.length + 4);
        all[all.length - 2] = (byte) 0xff;
        all[all.length - 1] = (byte) 0xff;
        Inflater inflater = new Inflater(true);
        inflater.setInput(all);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = inflater.inflate(buffer); n > 0; n = inflater.inflate(buffer)) {
            out.write(buffer, 0, n);
        }
        inflater.end();
        return out.toString(StandardCharsets.UTF_8);
    }
}
