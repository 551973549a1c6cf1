package io.roomwire.test.security;

import static io.roomwire.test.client.WireFrame.RSV1;
import static io.roomwire.test.client.WireFrame.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Messages that are cheap to send and dear to read. */
class CostlyMessagesTest {
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate";
    private static final int ATTACKERS = 20;
    private static final int PINGS = 100;

    /** Each attacker alone keeps a loop busy; without turns a ping waits for a message of each, hundreds of ms. */
    private static final long MOST_MS = 60;

    @AutoClose
    private static final TestCluster CLUSTER = Token.asked().with("threads", 1).start();

    @AutoClose
    private static final TestCluster SLOW =
            TestCluster.aCluster().with("limits.bytes-per-second", "64KiB").start();

    private final TestNode node = CLUSTER.node();

    /** 63 KB of JSON in some 130 bytes. */
    private static WireFrame inflating() {
        return deflated("{\"type\":\"ping\",\"x\":[" + "{},".repeat(21_000) + "0]}");
    }

    private static WireFrame deflated(String text) {
        return WireFrame.of(TEXT, compressed(text)).rsv(RSV1);
    }

    private static byte[] compressed(String text) {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
        byte[] bytes = new byte[64 << 10];
        int length = deflater.deflate(bytes, 0, bytes.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(bytes, length - 4);
    }

    /** 32,000 final blocks without a byte in any. */
    private static WireFrame emptyBlocks() {
        byte[] blocks = new byte[64_000];
        for (int i = 0; i < blocks.length; i += 2) {
            blocks[i] = 3;
        }
        return WireFrame.of(TEXT, blocks).rsv(RSV1);
    }

    /**
     * 60 KB of blocks with tables of their own and nothing in them, the dearest that zlib can be given; then one with the text.
     */
    private static WireFrame blocksOfTablesAlone(String text) {
        // Eight blocks of 90 bits come out even; the bits are those of RFC 1951, section 3.2.7.
        StringBuilder block = new StringBuilder("001" + "0".repeat(10) + "0111");
        for (int i = 0; i < 18; i++) {
            block.append(i == 2 || i == 17 ? "100" : "000"); // codes for 18, which repeats zeros, and for 1
        }
        block.append("11111111").append("11101011").append("000"); // 138 and 118 zeros, 1, 1, and the end
        String eight = block.toString().repeat(8);
        byte[] some = new byte[eight.length() / 8];
        for (int i = 0; i < eight.length(); i++) {
            some[i / 8] |= (byte) ((eight.charAt(i) - '0') << i % 8);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < 60_000) {
            all.writeBytes(some);
        }
        all.writeBytes(compressed(text));
        return WireFrame.of(TEXT, all.toByteArray()).rsv(RSV1);
    }

    @Test
    void whoSendsBlocksOfTablesAloneDelaysNobody() throws Exception {
        assertNobodyIsDelayed(
                blocksOfTablesAlone("{\"type\":\"ping\"}"),
                OFFER,
                "Authorization: Bearer " + Token.of("mallory").signed());
    }

    @Test
    void aMessageThatTakesManyPassesIsAnsweredInItsOrder() {
        try (RawClient client = RawClient.upgraded(
                node, OFFER, "Authorization: Bearer " + Token.of("patient").signed())) {
            client.send(
                    blocksOfTablesAlone("{\"type\":\"ping\",\"id\":\"p-1\"}"),
                    WireFrame.text("{\"type\":\"ping\",\"id\":\"p-2\"}"),
                    blocksOfTablesAlone("{\"type\":\"ping\",\"id\":\"p-3\"}"));
            for (int i = 1; i <= 3; i++) {
                assertThat(client.readText()).contains("\"p-" + i + "\"");
            }
        }
    }

    @Test
    void whoHasNoTokenDelaysNobodyByWhatItSends() throws Exception {
        assertNobodyIsDelayed(inflating(), OFFER);
    }

    @Test
    void whoHasATokenDelaysNobodyByWhatItSends() throws Exception {
        assertNobodyIsDelayed(
                inflating(),
                OFFER,
                "Authorization: Bearer " + Token.of("mallory").signed());
    }

    private void assertNobodyIsDelayed(WireFrame message, String... headers) throws Exception {
        TestClient member = Token.of("alice").connect(node);
        List<Thread> attackers = new ArrayList<>();
        List<RawClient> clients = new ArrayList<>();
        byte[] flood = flood(message);
        for (int i = 0; i < ATTACKERS; i++) {
            RawClient client = RawClient.upgraded(node, headers);
            clients.add(client);
            attackers.add(started(() -> client.send(flood)));
            attackers.add(started(() -> {
                while (client.read() != null) {
                    // else the answers would fill its backlog, and end it
                }
            }));
        }
        member.ping();
        long[] tookNs = new long[PINGS];
        for (int i = 0; i < PINGS; i++) {
            long startNs = System.nanoTime();
            member.ping();
            tookNs[i] = System.nanoTime() - startNs;
        }
        boolean stillAttacked = attackers.stream().anyMatch(Thread::isAlive);
        clients.forEach(RawClient::close);
        for (Thread attacker : attackers) {
            attacker.join();
        }
        Arrays.sort(tookNs);
        assertThat(stillAttacked).isTrue();
        assertThat(tookNs[PINGS / 2] / 1_000_000).as("ms, the median").isLessThan(MOST_MS);
    }

    private static byte[] flood(WireFrame message) {
        byte[] one = message.encoded();
        byte[] all = new byte[one.length * Math.max(50, 2_600_000 / one.length)];
        for (int i = 0; i < all.length; i++) {
            all[i] = one[i % one.length];
        }
        return all;
    }

    private static Thread started(Runnable task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (RuntimeException closed) {
                // the attack is over
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void aMessageOfEmptyBlocksIs1009() {
        try (RawClient client = RawClient.upgraded(
                node, OFFER, "Authorization: Bearer " + Token.of("mallory").signed())) {
            client.send(emptyBlocks());
            assertThat(client.readClose().closeCode()).isEqualTo(1009);
        }
    }

    /** It is not told so, nor closed: it is read as fast as it may be, and its messages are answered in their order. */
    @Test
    void whoSendsMoreBytesThanItMayIsReadMoreSlowly() {
        TestClient client = TestClient.member(SLOW.node(), "room", "alice");
        String content = "x".repeat(32 << 10);
        long startNs = System.nanoTime();
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 16; i++) { // 512 KiB, of which 256 may come at once
            asked.add(client.askLater("broadcast", "room_id", "room", "content", content));
        }
        for (int i = 0; i < 16; i++) {
            assertThat(client.answer(asked.get(i)).seq()).isEqualTo(i + 1);
        }
        assertThat((System.nanoTime() - startNs) / 1_000_000).isGreaterThan(1000);
        client.next("broadcast", 16);
    }

    @Test
    void whoHasNoTokenMayAskLess() {
        try (RawClient stranger = RawClient.upgraded(node)) {
            WireFrame[] many = new WireFrame[200];
            Arrays.fill(many, WireFrame.text("{\"type\":\"presence\",\"room_id\":\"x\"}"));
            stranger.send(many);
            await().until(() -> stranger.readText().contains("rate_limited"));
        }
        TestClient member = Token.of("bob").connect(node);
        for (int i = 0; i < 200; i++) {
            member.ping();
        }
    }
}
