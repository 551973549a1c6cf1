package io.roomwire.test.operations;

import static io.roomwire.test.client.RawClient.request;
import static io.roomwire.test.client.RawClient.upgrade;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A balancer at 127.0.0.1 is trusted; everybody else on loopback is not. */
class ProxyProtocolTest {
    private static final long TIMEOUT_MS = 500;
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
    private static final String LOCAL = SIGNATURE + " \0\0\0";

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("proxy-protocol.trusted", "127.0.0.1/32,fd00::/8")
            .with("limits.connections-per-address", 1)
            .with("handshake.timeout", TIMEOUT_MS + "ms")
            .start();

    private final TestNode node = CLUSTER.node();

    private static String v1(String client) {
        return "PROXY TCP4 " + client + " 10.0.0.1 12345 8080\r\n";
    }

    private static String v2(String client) {
        StringBuilder header = new StringBuilder(SIGNATURE + "!\u0011\0\f");
        for (String part : client.split("\\.", -1)) {
            header.append((char) Integer.parseInt(part));
        }
        return header + "\n\0\0\u0001" + "09" + "90";
    }

    /** Says hello, and whether the node let us in. */
    private static boolean isLetIn(RawClient client, String header) {
        client.send(header);
        assertThat(client.exchange(upgrade("/ws")).status()).isEqualTo(101);
        client.send(WireFrame.text("{\"type\":\"ping\"}"));
        WireFrame first = client.read();
        assertThat(first).isNotNull();
        if (first.opcode() == WireFrame.CLOSE) {
            assertThat(first.closeCode()).isEqualTo(4101);
            return false;
        }
        assertThat(first.text()).isEqualTo("{\"type\":\"pong\"}");
        return true;
    }

    @Test
    void clientsAreCountedByTheAddressThatTheHeaderNames() {
        List<RawClient> open = new ArrayList<>();
        try {
            for (int version = 1; version <= 2; version++) {
                for (int host = 1; host <= 3; host++) {
                    String client = "192.0." + version + "." + host;
                    open.add(RawClient.connect(node));
                    String header = version == 1 ? v1(client) : v2(client);
                    assertThat(isLetIn(open.get(open.size() - 1), header))
                            .as(client)
                            .isTrue();
                }
            }
            open.add(RawClient.connect(node));
            assertThat(isLetIn(open.get(open.size() - 1), v2("192.0.1.1")))
                    .as("a second one, by the other version")
                    .isFalse();
        } finally {
            open.forEach(RawClient::close);
        }
    }

    @Test
    void aLocalConnectionIsThatOfTheBalancer() {
        try (RawClient check = RawClient.connect(node);
                RawClient second = RawClient.connect(node)) {
            assertThat(isLetIn(check, LOCAL)).isTrue();
            assertThat(isLetIn(second, "PROXY UNKNOWN\r\n")).isFalse();
        }
    }

    @Test
    void theDemoIsServedBehindAHeaderToo() {
        try (RawClient client = RawClient.connect(node)) {
            client.send(v2("192.0.3.1"));
            assertThat(client.exchange(request("GET / HTTP/1.1", "Host: a")).status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                "PROXY TCP4 nobody 10.0.0.1 12345 8080\r\n",
                "\r\n\r\n\0\r\nQUIT\n1\u0011\0\0 and so on"
            })
    void withoutAHeaderTheConnectionIsClosedCountedAndLogged(String garbage) {
        double before = refused();
        try (RawClient client = RawClient.connect(node)) {
            client.send(garbage);
            client.awaitEndMs();
        }
        awaitRefused(before + 1);
        assertThat(node.output()).contains("proxy-protocol.trusted");
    }

    @Test
    void silenceEndsWithTheHandshakesTimeout() {
        double before = refused();
        try (RawClient client = RawClient.connect(node)) {
            assertThat(client.awaitEndMs()).isGreaterThan(TIMEOUT_MS / 2);
        }
        awaitRefused(before + 1);
    }

    /** Each byte is in time, the header never is. */
    @Test
    void aDrippingHeaderEndsWithTheHandshakesTimeout() {
        double before = refused();
        try (RawClient client = RawClient.connect(node)) {
            await().pollInterval(Duration.ofMillis(50)).until(() -> !client.trySend("P"));
        }
        awaitRefused(before + 1);
    }

    @Test
    void fromElsewhereAHeaderIsNoHttpAndTheAddressInItIsNotTaken() {
        try (RawClient first = RawClient.connect(node, "127.0.0.2");
                RawClient second = RawClient.connect(node, "127.0.0.2");
                RawClient header1 = RawClient.connect(node, "127.0.0.2");
                RawClient header2 = RawClient.connect(node, "127.0.0.2")) {
            assertThat(isLetIn(first, "")).isTrue();
            assertThat(isLetIn(second, "")).as("counted by its own address").isFalse();
            header1.send(v1("192.0.4.1"));
            assertThat(header1.exchange(upgrade("/ws")).status()).isEqualTo(400);
            header2.send(v2("192.0.4.1"));
            assertThat(header2.exchange(upgrade("/ws")).status()).isEqualTo(400);
        }
    }

    private double refused() {
        return node.metrics().sum("roomwire_handshakes_refused_total", "reason=\"proxy_header\"");
    }

    private void awaitRefused(double count) {
        await().until(() -> refused() == count);
    }
}
