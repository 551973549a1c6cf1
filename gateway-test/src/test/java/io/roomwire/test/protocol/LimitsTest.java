package io.roomwire.test.protocol;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Each limit has its error or its close code, and 0 switches it off. */
class LimitsTest {
    @AutoClose
    private static final TestCluster NARROW = aCluster()
            .with("limits.rooms-per-connection", 3)
            .with("limits.members-per-room", 2)
            .with("limits.message-bytes", "1KiB")
            .with("limits.protocol-errors", 2)
            .start();

    @AutoClose
    private static final TestCluster FULL = aCluster()
            .with("limits.connections", 3)
            .with("limits.messages-per-second", 20)
            .with("limits.messages-burst", 10)
            .start();

    private static final int HANDSHAKES = 5;

    @AutoClose
    private static final TestCluster FEW_HANDSHAKES =
            aCluster().with("limits.handshakes", HANDSHAKES).start();

    @AutoClose
    private static final TestCluster ONE_A_SECOND = aCluster()
            .with("limits.messages-per-second", 1)
            .with("limits.messages-burst", 1)
            .start();

    @AutoClose
    private static final TestCluster BY_ADDRESS =
            aCluster().with("limits.connections-per-address", 2).start();

    @AutoClose
    private static final TestCluster OFF = aCluster()
            .with("limits.connections", 0)
            .with("limits.connections-per-address", 0)
            .with("limits.rooms-per-connection", 0)
            .with("limits.members-per-room", 0)
            .with("limits.message-bytes", 0)
            .with("limits.messages-per-second", 0)
            .with("limits.bytes-per-second", 0)
            .with("limits.protocol-errors", 0)
            .start();

    @Test
    void roomsPerConnection() {
        TestClient client = TestClient.member(NARROW.node(), "rooms-1", "ada");
        client.join("rooms-2");
        client.join("rooms-3");
        assertLimit(client.ask("join", "room_id", "rooms-4"), "rooms-4");
        client.join("rooms-3"); // it is there already
        client.leave("rooms-1");
        client.join("rooms-4");
    }

    @Test
    void membersPerRoom() {
        TestClient one = TestClient.member(NARROW.node(), "small", "one");
        TestClient.member(NARROW.node(), "small", "two");
        TestClient three = TestClient.connect(NARROW.node());
        assertLimit(three.ask("join", "room_id", "small", "user_id", "three"), "small");
        one.join("small");
        one.leave("small");
        three.join("small", "three");
    }

    /** Such a join is refused by the room's owner, and only after what the client sent behind it was handled. */
    @Test
    void aJoinThatTheRoomRefusesNamesNobody() {
        TestClient ada = TestClient.member(NARROW.node(), "taken", "ada");
        TestClient.member(NARROW.node(), "taken", "bob");
        TestClient client = TestClient.connect(NARROW.node());
        assertLimit(client.ask("join", "room_id", "taken", "user_id", "eve"), "taken");

        client.join("free", "mallory");

        ada.ask("direct", "user_id", "eve", "content", "for eve alone", "id", "d-1");
        ada.ask("direct", "user_id", "mallory", "content", "hello", "id", "d-2");
        assertThat(client.next("direct").content().asText()).isEqualTo("hello");
    }

    @Test
    void aRefusedJoinUnnamesNoOneWhoIsInAnotherRoom() {
        TestClient.member(NARROW.node(), "busy", "ada");
        TestClient.member(NARROW.node(), "busy", "bob");
        TestClient client = TestClient.connect(NARROW.node());
        client.tell("join", "room_id", "busy", "user_id", "eve");
        client.tell("join", "room_id", "quiet", "user_id", "eve", "id", "second");
        List<Frame> answers = List.of(client.next(), client.next());
        assertThat(answers).extracting(Frame::type).containsExactlyInAnyOrder("error", "joined");

        client.leave("quiet");
        assertLimit(client.ask("join", "room_id", "busy"), "busy");
        assertThat(client.join("quiet").get("user_id")).isEqualTo("eve");
    }

    private static void assertLimit(Frame error, String room) {
        assertThat(error.type()).as(error.text()).isEqualTo("error");
        assertThat(error.get("code")).isEqualTo("limit_exceeded");
        assertThat(error.get("room_id")).isEqualTo(room);
        assertThat(error.get("message")).contains("limits.");
    }

    @Test
    void messageBytes() {
        TestClient client = TestClient.member(NARROW.node(), "bytes", "ada");
        client.tell("broadcast", "room_id", "bytes", "content", "x".repeat(1024));
        Closing end = client.expectClose();
        assertThat(end.code()).isEqualTo(1009);
        assertThat(end.reason()).isNotBlank();
    }

    @Test
    void protocolErrors() {
        TestClient client = TestClient.connect(NARROW.node());
        client.send("?");
        client.next("error");
        client.send("?");
        client.next("error");
        assertThat(client.expectClose().code()).isEqualTo(4503);
    }

    @Test
    void whoIsOverTheRate1000TimesInARowIsSentAway() {
        TestClient client = TestClient.connect(ONE_A_SECOND.node()).ignoreRest();
        while (!client.closed().isDone()) { // one that passes in between begins the row anew
            client.tell("ping");
        }
        Closing end = client.expectClose();
        assertThat(end.code()).isEqualTo(4102);
        assertThat(end.reason()).isNotBlank();
        assertThat(ONE_A_SECOND.node().metrics().sum("roomwire_connections_closed_total", "code=\"4102\""))
                .isEqualTo(1);
    }

    @Test
    void connections() {
        List<TestClient> admitted = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            admitted.add(TestClient.member(FULL.node(), "full", "user-" + i));
        }
        Closing end = TestClient.connect(FULL.node()).expectClose();
        assertThat(end.code()).isEqualTo(1013);
        assertThat(end.reason()).isNotBlank();

        admitted.remove(0).close();
        await("the place is free again").until(() -> isLetIn(FULL.node()));
        admitted.forEach(TestClient::ping);
    }

    @Test
    void connectionsPerAddress() {
        TestClient one = TestClient.connect(BY_ADDRESS.node());
        TestClient two = TestClient.connect(BY_ADDRESS.node());
        Closing end = TestClient.connect(BY_ADDRESS.node()).expectClose();
        assertThat(end.code()).isEqualTo(4101);
        assertThat(end.reason()).isNotBlank();
        one.close();
        await("the place is free again").until(() -> isLetIn(BY_ADDRESS.node()));
        two.ping();
    }

    /** As many as may be WebSockets and eight more, which a browser needs to load a page. */
    @Test
    void connectionsPerAddressThatAreNoWebSocketYet() {
        TestNode node = BY_ADDRESS.node();
        List<RawClient> silent = new ArrayList<>();
        try {
            await("one too many is ended").until(() -> {
                silent.add(RawClient.connect(node, "127.0.0.2"));
                return node.metrics().sum("roomwire_handshakes_refused_total", "reason=\"too_many\"") > 0;
            });
            assertThat(silent).hasSizeGreaterThan(10);
            try (RawClient neighbour = RawClient.connect(node, "127.0.0.3")) {
                assertThat(neighbour.exchange(RawClient.upgrade("/ws")).status())
                        .isEqualTo(101);
            }
        } finally {
            silent.forEach(RawClient::close);
        }
    }

    private static boolean isLetIn(TestNode node) {
        TestClient client = TestClient.connect(node).ignoreRest();
        try {
            client.ping();
            client.close();
            return true;
        } catch (AssertionError closed) {
            return false;
        }
    }

    /** A burst, then what the rate refills; a refusal says when to come again, and closes nothing. */
    @Test
    void messagesPerSecond() {
        await().until(() -> FULL.node().stats().get("connections_active").asInt() == 0);
        TestClient client = TestClient.connect(FULL.node());
        client.join("rate", "ada");
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            asked.add(client.askLater("broadcast", "room_id", "rate", "content", i));
        }
        int acked = 0;
        Frame refused = null;
        for (String id : asked) {
            Frame answer = client.answer(id);
            if (answer.is("ack")) {
                acked++;
            } else {
                assertThat(answer.get("code")).isEqualTo("rate_limited");
                refused = answer;
            }
        }
        assertThat(acked).as("the burst, and at most a moment's refill").isBetween(9, 20);
        assertThat(refused).isNotNull();
        assertThat(refused.number("retry_after_ms")).isBetween(1L, 1000L);
        client.next("broadcast", acked);

        await("after a while it may speak again")
                .pollDelay(Duration.ofMillis(refused.number("retry_after_ms")))
                .until(() -> client.ask("ping").is("pong"));
    }

    /** A ping frame costs what a request costs. */
    @Test
    void whoFloodsWithPingsIsSentAway() {
        WireFrame[] flood = new WireFrame[2000];
        Arrays.fill(flood, WireFrame.of(WireFrame.PING, "flood"));
        try (RawClient client = RawClient.upgraded(ONE_A_SECOND.node())) {
            client.send(flood);
            client.read(WireFrame.PONG);
            assertThat(client.readClose().closeCode()).isEqualTo(4102);
        }
    }

    @Test
    void connectionsThatAreNoWebSocketYet() {
        List<RawClient> silent = new ArrayList<>();
        try {
            await("one too many is ended").until(() -> {
                silent.add(RawClient.connect(FEW_HANDSHAKES.node()));
                return FEW_HANDSHAKES.node().metrics().sum("roomwire_handshakes_refused_total", "reason=\"too_many\"")
                        > 0;
            });
            assertThat(silent).hasSizeGreaterThan(HANDSHAKES);
        } finally {
            silent.forEach(RawClient::close);
        }
        await("others are let in again").ignoreExceptions().untilAsserted(() -> {
            try (RawClient late = RawClient.upgraded(FEW_HANDSHAKES.node())) {
                late.send(WireFrame.of(WireFrame.PING, "here"));
                late.read(WireFrame.PONG);
            }
        });
    }

    @Test
    void zeroSwitchesEachOff() {
        TestNode node = OFF.node();
        TestClient client = TestClient.member(node, "off", "ada");
        for (int i = 0; i < 150; i++) {
            client.join("off-" + i);
        }
        client.broadcast("off", "x".repeat(100_000));
        client.next("broadcast");
        for (int i = 0; i < 50; i++) {
            client.send("?");
        }
        client.next("error", 50);
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            asked.add(client.askLater("ping"));
        }
        for (String id : asked) {
            assertThat(client.answer(id).type()).isEqualTo("pong");
        }
        for (int i = 0; i < 5; i++) {
            TestClient.member(node, "off", "more-" + i);
        }
    }
}
