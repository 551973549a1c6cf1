package io.roomwire.test.wire;

import static io.roomwire.test.client.RawClient.request;
import static io.roomwire.test.client.RawClient.upgrade;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCertificate;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS that the node ends itself. The JDK's own limit of old versions is the clients' too, so these are not offered here. */
class TlsTest {
    private static final TestCertificate FIRST = TestCertificate.make();
    private static final Path CERTIFICATE = file("certificate");
    private static final Path KEY = file("key");

    private static final Path CHANGING_CERTIFICATE = file("changing-certificate");
    private static final Path CHANGING_KEY = file("changing-key");

    static {
        FIRST.writeCertificate(CERTIFICATE).writeKey(KEY);
        FIRST.writeCertificate(CHANGING_CERTIFICATE).writeKey(CHANGING_KEY);
    }

    @AutoClose
    private static final TestCluster CLUSTER =
            tls(CERTIFICATE, KEY).with("handshake.timeout", "3s").start();

    @AutoClose
    private static final TestCluster RELOADING =
            tls(CHANGING_CERTIFICATE, CHANGING_KEY).start();

    @AutoClose
    private static final TestCluster PROXIED = tls(CERTIFICATE, KEY)
            .with("proxy-protocol.trusted", "127.0.0.1/32")
            .with("limits.connections-per-address", 1)
            .start();

    private final TestNode node = CLUSTER.node();
    private final SSLContext trust = FIRST.trust();

    private static Path file(String name) {
        try {
            Path file = Files.createTempFile(name, ".pem");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestCluster.Builder tls(Path certificate, Path key) {
        return aCluster().with("tls.certificate", certificate).with("tls.key", key);
    }

    private TestClient connect() {
        return TestClient.to(node).trusting(trust).connect();
    }

    /** The same bytes go to all members, and each gets its own encryption of them. */
    @Test
    void aRoomWorksOverTls() {
        List<TestClient> members = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestClient client = i % 2 == 0
                    ? connect()
                    : TestClient.to(node).trusting(trust).compressing().connect();
            client.join("tls", "user-" + i);
            members.add(client);
        }
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String content = i + ":" + "x".repeat(i * 1000);
            asked.add(members.get(0).askLater("broadcast", "room_id", "tls", "content", content));
        }
        asked.forEach(id -> assertThat(members.get(0).answer(id).type()).isEqualTo("ack"));
        for (TestClient member : members) {
            for (int i = 0; i < 50; i++) {
                assertThat(member.next("broadcast").get("content")).isEqualTo(i + ":" + "x".repeat(i * 1000));
            }
        }
        members.forEach(TestClient::close);
    }

    @Test
    void javasOwnClientConnects() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        WebSocket socket = HttpClient.newBuilder()
                .sslContext(trust)
                .build()
                .newWebSocketBuilder()
                .buildAsync(node.clients(), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                        answer.complete(text.toString());
                        return CompletableFuture.completedFuture(null);
                    }
                })
                .get(20, TimeUnit.SECONDS);
        socket.sendText("{\"type\":\"ping\"}", true);
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("{\"type\":\"pong\"}");
        socket.abort();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothVersionsAreSpoken(String version) throws IOException {
        try (SSLSocket socket = socket(node, trust)) {
            socket.setEnabledProtocols(new String[] {version});
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
        }
    }

    /** One connection could have as many handshakes as it likes, and TLS 1.3 has nothing of the kind. */
    @Test
    void aClientMayNotRenegotiate() throws IOException {
        try (SSLSocket socket = socket(node, trust)) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.startHandshake();
            socket.getSession().invalidate();
            assertThatThrownBy(() -> {
                        socket.startHandshake(); // only asks for one: the first is long over
                        socket.getInputStream().read();
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    private static SSLSocket socket(TestNode node, SSLContext trust) throws IOException {
        SSLSocket socket =
                (SSLSocket) trust.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), node.port());
        socket.setSoTimeout((int) TestClient.PATIENCE.toMillis());
        return socket;
    }

    @Test
    void theDemoTellsBrowsersToStayWithTls() {
        try (RawClient client = RawClient.connect(node).overTls(trust)) {
            assertThat(client.exchange(request("GET / HTTP/1.1", "Host: 127.0.0.1"))
                            .header("Strict-Transport-Security"))
                    .startsWith("max-age=");
        }
    }

    @Test
    void plainHttpGetsNothingInClear() {
        try (RawClient client = RawClient.connect(node)) {
            client.send(upgrade("/ws"));
            client.awaitEndMs();
        }
    }

    @Test
    void aHandshakeThatDoesNotGoOnIsEnded() {
        try (RawClient silent = RawClient.connect(node);
                RawClient begun = RawClient.connect(node)) {
            begun.send("\u0016\u0003\u0001\u0002\0");
            silent.awaitEndMs();
            begun.awaitEndMs();
        }
    }

    /** A client that broke the protocol gets the close frame, then the end of TLS, then that of TCP. */
    @Test
    void anEndIsAnEndOverTlsToo() {
        try (RawClient client = RawClient.connect(node).overTls(trust)) {
            assertThat(client.exchange(upgrade("/ws")).status()).isEqualTo(101);
            client.send(WireFrame.of(WireFrame.BINARY, new byte[1]));
            assertThat(client.readClose().closeCode()).isEqualTo(1003);
        }
    }

    @Test
    void aNewCertificateIsTakenWhileConnectionsLiveAndABadOneIsNot() throws IOException {
        TestNode reloading = RELOADING.node();
        TestClient before = TestClient.to(reloading).trusting(trust).connect();
        before.join("reload", "ada");
        TestCertificate second = TestCertificate.make();
        Files.writeString(CHANGING_CERTIFICATE, "no certificate");
        awaitReloads(reloading, "failed", 1);
        assertThat(presented(reloading, FIRST)).isEqualTo(FIRST.certificate());

        second.writeCertificate(CHANGING_CERTIFICATE);
        awaitReloads(reloading, "failed", 2);
        assertThat(presented(reloading, FIRST))
                .as("the key is still that of the first")
                .isEqualTo(FIRST.certificate());
        assertThat(reloading.output()).contains("the old certificate stays in force", "tls.certificate", "tls.key");

        second.writeKey(CHANGING_KEY);
        awaitReloads(reloading, "ok", 1);
        assertThat(presented(reloading, second)).isEqualTo(second.certificate());
        TestClient after = TestClient.to(reloading).trusting(second.trust()).connect();
        after.join("reload", "bob");
        after.broadcast("reload", "hello");
        after.next("broadcast");
        assertThat(before.next("broadcast").get("content")).isEqualTo("hello");
    }

    private static void awaitReloads(TestNode node, String result, int count) {
        await().atMost(Duration.ofSeconds(40))
                .until(() -> node.metrics().sum("roomwire_tls_reloads_total", "result=\"" + result + "\"") >= count);
    }

    private static Certificate presented(TestNode node, TestCertificate trusted) throws IOException {
        try (SSLSocket socket = socket(node, trusted.trust())) {
            socket.startHandshake();
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void thePortTellsWhenItsCertificateEnds() {
        assertThat(node.metrics().value("roomwire_tls_certificate_expiry_timestamp_seconds"))
                .isEqualTo(
                        (double) FIRST.certificate().getNotAfter().toInstant().getEpochSecond());
    }

    @Test
    void theBalancersHeaderComesBeforeTls() {
        try (RawClient first = proxied("192.0.2.1");
                RawClient other = proxied("192.0.2.2");
                RawClient second = proxied("192.0.2.1")) {
            for (RawClient client : List.of(first, other, second)) {
                assertThat(client.exchange(upgrade("/ws")).status()).isEqualTo(101);
            }
            other.send(WireFrame.text("{\"type\":\"ping\"}"));
            assertThat(other.readText()).isEqualTo("{\"type\":\"pong\"}");
            assertThat(second.readClose().closeCode()).isEqualTo(4101);
        }
    }

    private RawClient proxied(String client) {
        RawClient raw = RawClient.connect(PROXIED.node());
        raw.send("PROXY TCP4 " + client + " 127.0.0.1 12345 443\r\n");
        return raw.overTls(trust);
    }
}
