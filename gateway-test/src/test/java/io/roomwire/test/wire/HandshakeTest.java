package io.roomwire.test.wire;

import static io.roomwire.test.client.RawClient.request;
import static io.roomwire.test.client.RawClient.upgrade;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.RawClient.Answer;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
    private static final long TIMEOUT_MS = 500;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("handshake.timeout", TIMEOUT_MS + "ms")
            .with("handshake.header-bytes", "4KiB")
            .with("origins.allowed", "https://app.example.com,file://")
            .start();

    private final TestNode node = CLUSTER.node();

    @Test
    void theAcceptIsMadeOfTheKey() {
        Answer answer = say(upgrade("/ws"));
        assertThat(answer.status()).isEqualTo(101);
        assertThat(answer.header("Sec-WebSocket-Accept")).isEqualTo(RawClient.ACCEPT);
        assertThat(answer.header("Upgrade")).isEqualToIgnoringCase("websocket");
        assertThat(answer.header("Connection")).isEqualToIgnoringCase("upgrade");
    }

    @Test
    void whatNobodyOfferedIsNotChosen() {
        Answer answer = say(upgrade("/ws"));
        assertThat(answer.headers()).doesNotContainKeys("sec-websocket-extensions", "sec-websocket-protocol");
    }

    @Test
    void aQueryBehindThePathIsLegal() {
        assertThat(say(upgrade("/ws?client=7")).status()).isEqualTo(101);
    }

    /** Firefox sends the first of these. */
    @Test
    void headersAreReadAsListsAndWithoutCase() {
        Answer answer = say(request(
                "GET /ws HTTP/1.1",
                "host: 127.0.0.1",
                "connection: keep-alive, upgrade",
                "upgrade: WebSocket",
                "sec-websocket-key: " + RawClient.KEY,
                "sec-websocket-version: 13"));
        assertThat(answer.status()).isEqualTo(101);
    }

    @Test
    void ourSubprotocolIsAnsweredAndOthersAreNot() {
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Protocol: chat, roomwire.v1"))
                        .header("Sec-WebSocket-Protocol"))
                .isEqualTo("roomwire.v1");
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Protocol: chat")).headers())
                .doesNotContainKey("sec-websocket-protocol");
    }

    /** A browser ends a connection whose server takes none of the subprotocols that it offered. */
    @Test
    void aTokenAsTheOnlySubprotocolIsAnswered() {
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Protocol: bearer.a.b.c")).header("Sec-WebSocket-Protocol"))
                .isEqualTo("bearer.a.b.c");
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Protocol: bearer.a.b.c, roomwire.v1"))
                        .header("Sec-WebSocket-Protocol"))
                .isEqualTo("roomwire.v1");
    }

    /** RFC 9112, section 3.2.2: every server has to take it. */
    @Test
    void aWholeUrlAsTheTargetIsItsPath() {
        assertThat(say(upgrade("http://127.0.0.1:8080/ws?client=7")).status()).isEqualTo(101);
        assertThat(say(request("GET HTTP://127.0.0.1 HTTP/1.1", "Host: 127.0.0.1"))
                        .status())
                .isEqualTo(200);
        assertThat(say(upgrade("http://127.0.0.1/ws", "Origin: http://127.0.0.1"))
                        .status())
                .isEqualTo(101);
    }

    /** RFC 9112, section 3.2. Else what stands before the node could go by the one, and the node by the other. */
    @Test
    void twoHostsAre400() {
        assertThat(say(upgrade("/ws", "Host: 127.0.0.1")).status()).isEqualTo(400);
        assertThat(say(request("GET / HTTP/1.1", "Host: 127.0.0.1", "Host: elsewhere"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void deflateIsAnsweredWhereItIsOffered() {
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate"))
                        .header("Sec-WebSocket-Extensions"))
                .startsWith("permessage-deflate");
        assertThat(say(upgrade("/ws", "Sec-WebSocket-Extensions: x-unheard-of")).headers())
                .doesNotContainKey("sec-websocket-extensions");
    }

    @Test
    void anotherVersionIs426AndNamesOurs() {
        Answer answer = say(upgrade("/ws").replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"));
        assertThat(answer.status()).isEqualTo(426);
        assertThat(answer.header("Sec-WebSocket-Version")).isEqualTo("13");
    }

    @Test
    void noUpgradeGetsAnAnswerThatSaysWhatToDo() {
        Answer answer = say(request("GET /ws HTTP/1.1", "Host: 127.0.0.1"));
        assertThat(answer.status()).isBetween(400, 499);
        assertThat(answer.body()).containsIgnoringCase("WebSocket");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Sec-WebSocket-Key:",
                "Sec-WebSocket-Key: c2hvcnQ=",
                "Sec-WebSocket-Key: not!base64!in!any!way=="
            })
    void aKeyThatIsNot16BytesIs400(String line) {
        Answer answer = say(request(
                "GET /ws HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                line));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("Sec-WebSocket-Key");
    }

    /** RFC 6455, 4.2.1: HTTP/1.1 or higher. */
    @Test
    void http10IsNoUpgrade() {
        assertThat(say(upgrade("/ws").replace("HTTP/1.1", "HTTP/1.0")).status()).isBetween(400, 499);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/wsx",
                "/ws/more",
                "/nothing",
                "/demo/../application.conf",
                "/demo/%2e%2e/io/roomwire/Main.class"
            })
    void anotherPathIs404(String path) {
        assertThat(say(upgrade(path)).status()).isEqualTo(404);
        assertThat(say(request("GET " + path + " HTTP/1.1", "Host: 127.0.0.1")).status())
                .isEqualTo(404);
    }

    @Test
    void postIsRefused() {
        assertThat(say(upgrade("/ws").replace("GET", "POST")).status()).isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"})
    void onlyGetAndHeadAreAnswered(String method) {
        Answer answer = say(request(method + " / HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 1000000000"));
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1", "Content-Length: 1000000000", "Transfer-Encoding: chunked"})
    void aBodyIsRefusedUnread(String header) {
        assertThat(say(request("GET / HTTP/1.1", "Host: 127.0.0.1", header)).status())
                .isEqualTo(413);
        assertThat(say(upgrade("/ws", header)).status()).isEqualTo(413);
    }

    @Test
    void aLongRequestLineIs414() {
        assertThat(say(request("GET /" + "x".repeat(5000) + " HTTP/1.1", "Host: 127.0.0.1"))
                        .status())
                .isEqualTo(414);
    }

    /** Nothing says with what we are made: neither a header nor the text of an error. */
    @Test
    void noAnswerHasABanner() {
        for (String request : new String[] {
            request("GET / HTTP/1.1", "Host: 127.0.0.1"),
            request("GET /nothing HTTP/1.1", "Host: 127.0.0.1"),
            request("POST / HTTP/1.1", "Host: 127.0.0.1"),
            request("GET /ws HTTP/1.1", "Host: 127.0.0.1"),
            "not HTTP\r\n\r\n",
            upgrade("/ws", "X: " + "x".repeat(5000)),
            upgrade("/ws", "Origin: https://evil.example.com"),
            upgrade("/ws")
        }) {
            Answer answer = say(request);
            assertThat(answer.headers()).doesNotContainKeys("server", "via", "x-powered-by");
            if (answer.status() != 200) {
                assertThat(answer.headers() + answer.body())
                        .doesNotContainIgnoringCase("netty")
                        .doesNotContain("io.", "Exception", node.version());
            }
        }
    }

    @Test
    void whoAsksAndDoesNotReadIsCutOff() {
        String requests =
                request("GET /demo/demo.css HTTP/1.1", "Host: 127.0.0.1").repeat(100);
        try (RawClient client = RawClient.connect(node)) {
            Awaitility.await().until(() -> !client.trySend(requests));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1", "https://app.example.com", "file://"})
    void ourOwnPagesAndThoseOnTheListMayConnect(String origin) {
        assertThat(say(upgrade("/ws", "Origin: " + origin)).status()).isEqualTo(101);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1:1", "https://evil.example.com", "null"})
    void aPageFromElsewhereIs403AsJsonCountedAndLogged(String origin) {
        double before = refusedOrigins();
        Answer answer = say(upgrade("/ws", "Origin: " + origin));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.body()).startsWith("{\"type\":\"error\",\"code\":\"forbidden\",\"message\":\"");
        assertThat(refusedOrigins()).isEqualTo(before + 1);
        assertThat(node.output()).contains("origins.allowed");
    }

    private double refusedOrigins() {
        return node.metrics().sum("roomwire_handshakes_refused_total", "reason=\"origin\"");
    }

    @Test
    void whatIsNotHttpEndsTheConnection() {
        try (RawClient client = RawClient.connect(node)) {
            client.send("\u0016\u0003\u0001 this is TLS, and not for us\r\n\r\n");
            client.awaitEndMs();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40})
    void headersOverTheLimitAre431(int lines) {
        String[] headers = new String[lines];
        for (int i = 0; i < lines; i++) {
            headers[i] = "X-" + i + ": " + "x".repeat(5000 / lines);
        }
        assertThat(say(upgrade("/ws", headers)).status()).isEqualTo(431);
    }

    @Test
    void aSilentConnectionIsEndedAfterTheTimeout() {
        try (RawClient client = RawClient.connect(node)) {
            assertThat(client.awaitEndMs()).isBetween(TIMEOUT_MS / 2, 10 * TIMEOUT_MS);
        }
    }

    /** Slowloris: each byte is in time, the request never is. */
    @Test
    void aDrippingConnectionIsEndedAfterTheTimeout() {
        long startNs = System.nanoTime();
        try (RawClient client = RawClient.connect(node)) {
            client.send("GET /ws HTTP/1.1\r\nX-Slow: ");
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(50))
                    .atMost(Duration.ofMillis(10 * TIMEOUT_MS))
                    .until(() -> !client.trySend("x"));
        }
        assertThat((System.nanoTime() - startNs) / 1_000_000).isGreaterThan(TIMEOUT_MS / 2);
    }

    /** Each request is in time, and there is no end of them. */
    @Test
    void whoAsksAgainAndAgainIsToldThatItWasTheLastTime() {
        long startNs = System.nanoTime();
        try (RawClient client = RawClient.connect(node)) {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(TIMEOUT_MS / 5))
                    .atMost(Duration.ofMillis(40 * TIMEOUT_MS))
                    .until(() -> {
                        Answer answer = client.exchange(request("GET / HTTP/1.1", "Host: 127.0.0.1"));
                        assertThat(answer.status()).isEqualTo(200);
                        return answer.header("Connection").equals("close");
                    });
            client.awaitEndMs();
        }
        assertThat((System.nanoTime() - startNs) / 1_000_000).isGreaterThan(3 * TIMEOUT_MS);
    }

    private void writeOneMib(String room) {
        TestClient writer = TestClient.member(node, room, "writer");
        for (int i = 0; i < 16; i++) {
            writer.broadcast(room, "x".repeat(60_000));
        }
        writer.next("broadcast", 16);
    }

    @Test
    void aPageThatIsReadSlowlyIsNotCut() {
        writeOneMib("slow");
        try (RawClient client = RawClient.narrow(node, 4096)) {
            client.send(request("GET /rooms/slow/history HTTP/1.1", "Host: 127.0.0.1", "Connection: close"));
            long startNs = System.nanoTime();
            int[] read = {0};
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> {
                        int bytes = client.skip(6000);
                        read[0] += bytes;
                        return bytes < 6000;
                    });
            assertThat(read[0]).isGreaterThan(16 * 60_000);
            assertThat((System.nanoTime() - startNs) / 1_000_000).isGreaterThan(3 * TIMEOUT_MS);
        }
    }

    /** Too slowly for anybody who wants it. */
    @Test
    void whoReadsNothingOfAPageIsCut() {
        writeOneMib("unread");
        try (RawClient client = RawClient.narrow(node, 4096)) {
            client.send(request("GET /rooms/unread/history HTTP/1.1", "Host: 127.0.0.1"));
            client.skip(1);
            Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> !client.trySend("x"));
        }
    }

    @Test
    void theClockStopsWithTheUpgrade() {
        try (RawClient client = RawClient.upgraded(node);
                RawClient silent = RawClient.connect(node)) {
            silent.awaitEndMs();
            client.send(WireFrame.text("{\"type\":\"ping\"}"));
            assertThat(client.readText()).isEqualTo("{\"type\":\"pong\"}");
        }
    }

    @Test
    void aFrameBehindTheRequestIsNotLost() {
        try (RawClient client = RawClient.connect(node)) {
            client.send(upgrade("/ws"));
            client.send(WireFrame.text("{\"type\":\"ping\"}"));
            assertThat(client.answer().status()).isEqualTo(101);
            assertThat(client.readText()).isEqualTo("{\"type\":\"pong\"}");
        }
    }

    @Test
    void theDemoIsServedAndMayLoadNothingFromElsewhere() {
        HttpResponse<String> page = node.http("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/html"));
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(
                        policy -> assertThat(policy).contains("default-src").doesNotContain("unsafe-", "*"));
        assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(page.headers().firstValue("Strict-Transport-Security"))
                .as("only over TLS (RFC 6797, section 7.2)")
                .isEmpty();
        HttpResponse<String> script = node.http("/demo/demo.js");
        assertThat(script.statusCode()).isEqualTo(200);
        assertThat(script.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/javascript"));
    }

    @Test
    void operationsAreNotOnTheClientsPort() {
        for (String path : new String[] {"/health", "/ready", "/stats", "/metrics"}) {
            assertThat(node.http(path).statusCode()).as(path).isEqualTo(404);
        }
    }

    private Answer say(String request) {
        try (RawClient client = RawClient.connect(node)) {
            return client.exchange(request);
        }
    }
}
