package io.roomwire.test.security;

import static io.roomwire.test.client.RawClient.request;
import static io.roomwire.test.client.RawClient.upgrade;
import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.RawClient.Answer;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page whose own name was made to point at this machine, so that to its browser the node is where it came from. */
class RebindingTest {
    private static final String EVIL = "evil.example.com:8080";

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("hosts.allowed", "rooms.example.com").start();

    @AutoClose
    private static final TestCluster WITH_TOKENS = Token.asked().start();

    private final TestNode node = CLUSTER.node();

    private static String calling(String host, String path) {
        return request("GET " + path + " HTTP/1.1", "Host: " + host);
    }

    private static Answer say(TestNode node, String request) {
        try (RawClient client = RawClient.connect(node)) {
            return client.exchange(request);
        }
    }

    private Answer askOps(String request) {
        try (RawClient client = RawClient.connectToOps(node)) {
            return client.exchange(request);
        }
    }

    @Test
    void aNodeWithoutAuthenticationAnswersToNoNameOfAStranger() {
        Answer answer = say(node, upgrade("/ws", "Origin: http://" + EVIL).replace("Host: 127.0.0.1", "Host: " + EVIL));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body())
                .startsWith("{\"type\":\"error\",\"code\":\"forbidden\"")
                .contains("hosts.allowed");
        assertThat(say(node, calling(EVIL, "/rooms/lobby/history")).status()).isEqualTo(403);
        assertThat(say(node, request("GET http://" + EVIL + "/rooms/lobby/history HTTP/1.1", "Host: 127.0.0.1"))
                        .status())
                .isEqualTo(403);
        assertThat(node.metrics().sum("roomwire_handshakes_refused_total", "reason=\"host\""))
                .isPositive();
        assertThat(node.output()).contains("hosts.allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:1", "localhost", "[::1]:8080", "rooms.example.com"})
    void itAnswersToItsOwn(String host) {
        assertThat(say(node, calling(host, "/rooms/lobby/history")).status()).isEqualTo(200);
        assertThat(askOps(calling(host, "/health")).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/stats", "/metrics", "/console", "/api/rooms"})
    void theOperationsPortAnswersToNoNameOfAStranger(String path) {
        assertThat(askOps(calling(EVIL, path)).status()).isEqualTo(403);
    }

    /** Such a page has no token. */
    @Test
    void aNodeWithAuthenticationMayHaveAnyName() {
        assertThat(say(WITH_TOKENS.node(), upgrade("/ws").replace("Host: 127.0.0.1", "Host: " + EVIL))
                        .status())
                .isEqualTo(101);
    }
}
