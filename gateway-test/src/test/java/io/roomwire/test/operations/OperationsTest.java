package io.roomwire.test.operations;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Scrape;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OperationsTest {
    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("rooms.linger", "0s").with("node-id", "n-test").start();

    private final TestNode node = CLUSTER.node();

    @BeforeEach
    void nobodyIsLeftOfTheTestBefore() {
        await().until(() -> node.stats().get("connections_active").asInt() == 0);
    }

    @Test
    void healthSaysWhatItIs() {
        JsonNode health = node.health();
        assertThat(health.get("status").asText()).isEqualTo("ok");
        assertThat(health.get("node").asText()).isEqualTo("n-test").isEqualTo(node.id());
        assertThat(health.get("version").asText()).isEqualTo(node.version()).isNotBlank();
        assertThat(health.get("uptime_s").isNumber()).isTrue();
        assertThat(health.get("active_connections").asInt()).isZero();
        assertThat(health.get("rooms").isIntegralNumber()).isTrue();
        assertThat(health.has("redis")).isTrue();
        assertThat(health.has("postgres")).isTrue();
    }

    @Test
    void healthCountsConnectionsAndRooms() {
        await("rooms of the test before are gone").until(() -> rooms() == 0);
        TestClient ada = TestClient.member(node, "one", "ada");
        TestClient.member(node, "two", "bob");
        assertThat(node.health().get("active_connections").asInt()).isEqualTo(2);
        // One and two, and the personal rooms of ada and bob.
        assertThat(rooms()).isEqualTo(4);
        ada.leave("one");
        await("a room without members goes").until(() -> rooms() == 3);
    }

    private int rooms() {
        return node.health().get("rooms").asInt();
    }

    @Test
    void itIsReady() {
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void headIsAnsweredAsGetWithoutTheBody() {
        for (String path : List.of("/ready", "/health", "/metrics", "/console")) {
            try (RawClient client = RawClient.connectToOps(node)) {
                client.send(RawClient.request("HEAD " + path + " HTTP/1.1", "Host: 127.0.0.1", "Connection: close"));
                String answer = client.readAll();
                assertThat(answer).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\n");
                assertThat(answer.toLowerCase(Locale.ROOT)).contains("content-length: ");
            }
        }
        assertThat(node.ops("/ready").body()).isEqualTo("ready\n");
    }

    @Test
    void twoHostsAre400() {
        try (RawClient client = RawClient.connectToOps(node)) {
            assertThat(client.exchange(RawClient.request("GET /ready HTTP/1.1", "Host: 127.0.0.1", "Host: elsewhere"))
                            .status())
                    .isEqualTo(400);
        }
    }

    @Test
    void anotherPathIs404() {
        assertThat(node.ops("/").statusCode()).isEqualTo(404);
        assertThat(node.ops("/ws").statusCode()).isEqualTo(404);
    }

    @Test
    void statsCountWhatWasSaid() {
        JsonNode before = node.stats();
        talk();
        JsonNode after = node.stats();
        assertThat(grown(before, after, "connections_total")).isEqualTo(3);
        assertThat(after.get("connections_active").asInt()).isEqualTo(3);
        // 3 joins, 10 broadcasts.
        assertThat(grown(before, after, "messages_received")).isEqualTo(13);
        assertThat(grown(before, after, "messages_sent")).isEqualTo(30);
        assertThat(grown(before, after, "messages_dropped")).isZero();
        await("the rate notices")
                .until(() -> node.stats().get("messages_per_second").asDouble() > 0);
    }

    @Test
    void metricsCountWhatWasSaid() {
        Scrape before = node.metrics();
        List<TestClient> clients = talk();
        clients.get(0).send("?");
        clients.get(0).next("error");
        clients.get(0).close();
        await("the goodbye is counted")
                .until(() -> node.metrics().sum("roomwire_connections_closed_total", "code=\"1000\"")
                        > before.sum("roomwire_connections_closed_total", "code=\"1000\""));
        Scrape after = node.metrics();

        assertThat(grown(before, after, "roomwire_connections_total", "")).isEqualTo(3);
        assertThat(after.value("roomwire_connections_active")).isEqualTo(2);
        assertThat(after.value("roomwire_rooms")).isPositive();
        assertThat(grown(before, after, "roomwire_messages_received_total", "")).isEqualTo(14);
        assertThat(grown(before, after, "roomwire_messages_sent_total", "")).isEqualTo(30);
        assertThat(grown(before, after, "roomwire_messages_dropped_total", "")).isZero();
        assertThat(grown(before, after, "roomwire_errors_total", "")).isEqualTo(1);
        assertThat(grown(before, after, "roomwire_errors_total", "code=\"bad_json\""))
                .isEqualTo(1);
        assertThat(grown(before, after, "roomwire_connections_closed_total", ""))
                .isEqualTo(1);
        assertThat(grown(before, after, "roomwire_delivery_seconds_count", "")).isPositive();
        assertThat(grown(before, after, "roomwire_delivery_seconds_bucket", "le=\"+Inf\""))
                .isPositive();
        assertThat(after.value("roomwire_delivery_seconds_sum")).isLessThan(10);
        assertThat(after.value("roomwire_backlog_bytes")).isZero();
    }

    /** Each is there before its first event, else a rate over it would miss that one. */
    @Test
    void theMetricsHaveTheNamesThatThePageOfMetricsHas() {
        assertThat(node.metrics().names())
                .contains(
                        "roomwire_connections_active",
                        "roomwire_connections_total",
                        "roomwire_rooms",
                        "roomwire_messages_received_total",
                        "roomwire_messages_sent_total",
                        "roomwire_messages_dropped_total",
                        "roomwire_connections_closed_total",
                        "roomwire_errors_total",
                        "roomwire_delivery_seconds_bucket",
                        "roomwire_delivery_seconds_count",
                        "roomwire_delivery_seconds_sum",
                        "roomwire_log_append_seconds_bucket",
                        "roomwire_event_loop_lag_seconds_bucket",
                        "roomwire_backlog_bytes",
                        "jvm_memory_used_bytes",
                        "process_uptime_seconds");
        for (int code : new int[] {1001, 1002, 1003, 1007, 1009, 1013, 4001, 4002, 4101, 4503}) {
            node.metrics().sum("roomwire_connections_closed_total", "code=\"" + code + "\"");
        }
    }

    @Test
    void theLagOfTheLoopsIsMeasuredWithoutTraffic() {
        double before = node.metrics().value("roomwire_event_loop_lag_seconds_count");
        await().until(() -> node.metrics().value("roomwire_event_loop_lag_seconds_count") > before);
    }

    /** Three members, and one of them says ten things. */
    private List<TestClient> talk() {
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(TestClient.member(node, "talk", "user-" + i));
        }
        for (int i = 0; i < 10; i++) {
            clients.get(0).broadcast("talk", i);
        }
        clients.forEach(client -> client.next("broadcast", 10));
        return clients;
    }

    private static long grown(JsonNode before, JsonNode after, String field) {
        return after.get(field).asLong() - before.get(field).asLong();
    }

    private static double grown(Scrape before, Scrape after, String name, String label) {
        return after.sum(name, label) - before.sum(name, label);
    }
}
