package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestBackEnd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Floods of {@code GET /rooms/{room_id}/history}. */
class HistoryRateTest {
    /** The last of so many would be let through after 37 s alone. */
    private static final int FLOOD = 40;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .with("limits.messages-per-second", 1)
            .with("limits.messages-burst", 3)
            .start();

    /** At once, so over as many connections. */
    private static List<HttpResponse<String>> ask(TestNode node, int times, String token) {
        HttpRequest request = HttpRequest.newBuilder(node.demo().resolve("/rooms/lobby/history"))
                .header("Authorization", "Bearer " + token)
                .build();
        List<CompletableFuture<HttpResponse<String>>> asked = Stream.generate(
                        () -> HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofString()))
                .limit(times)
                .toList();
        return asked.stream().map(CompletableFuture::join).toList();
    }

    private static Token reader(String user) {
        return Token.of(user).can("lobby", "history");
    }

    private static void assertSomeAreRefused(List<HttpResponse<String>> answers, int others) {
        assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(others, 429);
    }

    @Test
    void whoAsksTooFastGets429AndWhenToComeBack() throws Exception {
        TestNode node = CLUSTER.node();
        double before = node.metrics().sum("roomwire_errors_total", "rate_limited");
        List<HttpResponse<String>> answers = ask(node, FLOOD, reader("hasty").signed());
        assertSomeAreRefused(answers, 200);

        List<HttpResponse<String>> refused =
                answers.stream().filter(each -> each.statusCode() == 429).toList();
        for (HttpResponse<String> each : refused) {
            assertThat(each.headers().firstValue("Retry-After")).hasValue("1");
            JsonNode error = JSON.readTree(each.body());
            assertThat(error.get("type").asText()).isEqualTo("error");
            assertThat(error.get("code").asText()).isEqualTo("rate_limited");
            assertThat(error.get("retry_after_ms").asLong()).isBetween(1L, 1000L);
        }
        assertThat(node.metrics().sum("roomwire_errors_total", "rate_limited"))
                .isGreaterThanOrEqualTo(before + refused.size());
        assertThat(ask(node, 1, reader("patient").signed()).get(0).statusCode()).isEqualTo(200);
    }

    @Test
    void whoHasNoGoodTokenIsCountedByAddress() {
        assertSomeAreRefused(ask(CLUSTER.node(), FLOOD, "no.good.token"), 401);
        assertThat(ask(CLUSTER.node(), 1, reader("neighbour").signed()).get(0).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoIsOverTheRateIsNoQuestionForTheBackEnd() {
        try (TestBackEnd backEnd = TestBackEnd.start();
                TestCluster asking = Token.asked()
                        .with("limits.messages-per-second", 1)
                        .with("limits.messages-burst", 3)
                        .with("hook.url", backEnd.url())
                        .with("hook.events", "connect")
                        .start()) {
            String token = reader("curious").signed();
            assertThat(ask(asking.node(), 1, token).get(0).statusCode()).isEqualTo(200);
            backEnd.reset();
            assertSomeAreRefused(ask(asking.node(), FLOOD, token), 200);
            assertThat(backEnd.asked()).hasSizeLessThan(FLOOD / 2);
        }
    }

    @Test
    void aTokenLimitsTheRequestsOfItsUserOverAllConnections() {
        try (TestCluster generous = Token.asked().start()) {
            Token limited = reader("limited").claim("limits", Map.of("messages_per_second", 1));
            assertSomeAreRefused(ask(generous.node(), FLOOD, limited.signed()), 200);
            assertThat(ask(generous.node(), FLOOD, reader("free").signed()))
                    .extracting(HttpResponse::statusCode)
                    .containsOnly(200);
        }
    }

    @Test
    void whoReadsMoreBytesThanThePaceAllowsWaitsAndNobodyElse() {
        try (TestCluster cluster =
                Token.asked().with("limits.page-bytes-per-second", "256KiB").start()) {
            TestNode node = cluster.node();
            TestClient writer = TestClient.to(node)
                    .header(
                            "Authorization",
                            "Bearer "
                                    + Token.of("writer")
                                            .can("lobby", "join", "write", "history")
                                            .signed())
                    .connect();
            writer.join("lobby");
            for (int i = 0; i < 15; i++) {
                writer.broadcast("lobby", "x".repeat(60_000));
                writer.next("broadcast");
            }

            assertSomeAreRefused(ask(node, FLOOD, reader("greedy").signed()), 200);
            assertThat(ask(node, 1, reader("modest").signed()).get(0).statusCode())
                    .isEqualTo(200);

            for (int i = 0; i < 3; i++) { // on a socket the next page waits: 2.7 MiB, 1 MiB of them at once
                writer.tell("history", "room_id", "lobby", "limit", 500);
            }
            long startNs = System.nanoTime();
            writer.ping();
            writer.next("history", 3);
            assertThat(System.nanoTime() - startNs).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
            writer.close();
        }
    }
}
