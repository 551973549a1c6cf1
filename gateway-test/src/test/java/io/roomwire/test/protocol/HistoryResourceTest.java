package io.roomwire.test.protocol;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code GET /rooms/{room_id}/history}, and what it shares with the socket's {@code history}. */
class HistoryResourceTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("memory-log.messages-per-room", 300)
            .with("origins.allowed", "https://app.example.com")
            .start();

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private static int rooms;

    private final TestNode node = CLUSTER.node();
    private final String room = "resource-" + ++rooms;

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        return send("GET", path, headers);
    }

    private HttpResponse<String> send(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(node.demo().toString().replaceAll("/$", "") + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> page(String query, String... headers) throws Exception {
        return get("/rooms/" + room + "/history" + query, headers);
    }

    private TestClient publish(int count) {
        TestClient client = TestClient.member(node, room, "ada");
        for (int i = 1; i <= count; i++) {
            client.broadcast(room, i);
        }
        client.next("broadcast", count);
        return client;
    }

    private static List<Long> seqs(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        List<Long> seqs = new ArrayList<>();
        JSON.readTree(answer.body())
                .get("messages")
                .forEach(message -> seqs.add(message.get("seq").asLong()));
        return seqs;
    }

    private static List<Long> from(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    private static String tag(HttpResponse<String> answer) {
        return answer.headers().firstValue("etag").orElseThrow();
    }

    private static String caching(HttpResponse<String> answer) {
        return answer.headers().firstValue("cache-control").orElseThrow();
    }

    @Test
    void itIsTheFrameThatTheSocketGets() throws Exception {
        TestClient client = publish(12);
        HttpResponse<String> answer = page("?after=2&limit=5");

        assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
        JsonNode frame = JSON.readTree(
                client.history(room, "after", 2, "limit", 5).json().toString());
        ((com.fasterxml.jackson.databind.node.ObjectNode) frame).remove("id");
        assertThat(JSON.readTree(answer.body())).isEqualTo(frame);
    }

    @Test
    void pagesGoBothWaysWithTheSameBounds() throws Exception {
        publish(60);
        assertThat(seqs(page(""))).isEqualTo(from(11, 60));
        assertThat(seqs(page("?before=11"))).isEqualTo(from(1, 10));
        assertThat(seqs(page("?after=55&limit=3"))).isEqualTo(from(56, 58));
        assertThat(seqs(page("?after=60"))).isEmpty();
        assertThat(JSON.readTree(page("?after=55&limit=5").body())
                        .get("has_more")
                        .asBoolean())
                .isFalse();
        assertThat(JSON.readTree(page("?after=55&limit=4").body())
                        .get("has_more")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void timesBoundAPageOnTheSocketAndHere() throws Exception {
        TestClient client = publish(3);
        String between = nextInstant(client);
        client.broadcast(room, 4);
        client.next("broadcast");
        String afterAll = nextInstant(client);

        assertThat(seqs(page("?since=" + between))).isEqualTo(from(4, 4));
        assertThat(seqs(page("?until=" + between + "&limit=2"))).isEqualTo(from(2, 3));
        assertThat(seqs(page("?since=" + between + "&until=" + afterAll))).isEqualTo(from(4, 4));
        assertThat(seqs(page("?since=" + afterAll))).isEmpty();
        assertThat(seqs(page("?after=1&until=" + between.replace("Z", "+00:00"))))
                .isEqualTo(from(2, 3));
        JsonNode socket = client.history(room, "since", between).json();
        assertThat(socket.get("messages")).hasSize(1);
        assertThat(socket.get("has_more").asBoolean()).isFalse();
        JsonNode first =
                client.history(room, "until", between, "after", 0, "limit", 2).json();
        assertThat(first.get("has_more").asBoolean())
                .as("3 is in the bounds too")
                .isTrue();
        JsonNode second =
                client.history(room, "until", between, "after", 2, "limit", 2).json();
        assertThat(second.get("messages")).hasSize(1);
        assertThat(second.get("has_more").asBoolean())
                .as("4 is newer, and out of bounds")
                .isFalse();
    }

    /** A moment that is later than all messages so far and not later than those to come, by the clock that both use. */
    private static String nextInstant(TestClient client) {
        long ms = System.currentTimeMillis() + 1;
        while (System.currentTimeMillis() < ms) {
            client.ping();
        }
        return Instant.ofEpochMilli(ms).toString();
    }

    @Test
    void aFullPastPageIsKeptByBrowsersAndAnyPageIsKnownByItsTag() throws Exception {
        TestClient client = publish(30);
        HttpResponse<String> past = page("?after=0&limit=10");
        HttpResponse<String> newest = page("?after=20&limit=10");
        assertThat(caching(past)).contains("private").contains("immutable");
        assertThat(caching(page("?before=21&limit=10"))).contains("immutable");
        assertThat(caching(newest)).isEqualTo("private, no-cache");
        assertThat(caching(page(""))).isEqualTo("private, no-cache");
        assertThat(caching(page("?before=99&limit=10"))).isEqualTo("private, no-cache");

        HttpResponse<String> known = page("?after=20&limit=10", "If-None-Match", "\"x\", W/" + tag(newest));
        assertThat(known.statusCode()).isEqualTo(304);
        assertThat(known.body()).isEmpty();
        assertThat(tag(known)).isEqualTo(tag(newest));
        client.broadcast(room, 31);
        client.next("broadcast");
        HttpResponse<String> changed = page("?after=20&limit=10", "If-None-Match", tag(newest));
        assertThat(changed.statusCode()).as("has_more is true now").isEqualTo(200);
        assertThat(tag(page("?after=0&limit=10"))).isEqualTo(tag(past));
    }

    @Test
    void anyRoomIdCanBeAskedForPercentEncoded() throws Exception {
        String odd = "a/b c+d?ü%";
        TestClient client = TestClient.member(node, odd, "ada");
        client.broadcast(odd, 1);
        client.next("broadcast");
        assertThat(seqs(get("/rooms/a%2Fb%20c+d%3F%C3%BC%25/history"))).containsExactly(1L);
    }

    @Test
    void anEphemeralRoomHasNone() throws Exception {
        assertThat(seqs(get("/rooms/cursors:1/history"))).isEmpty();
    }

    @Test
    void nobodyReadsAPersonalRoomWithoutBeingKnown() throws Exception {
        HttpResponse<String> answer = get("/rooms/@ada/history");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(JSON.readTree(answer.body()).get("code").asText()).isEqualTo("forbidden");
        assertThat(JSON.readTree(answer.body()).get("room_id").asText()).isEqualTo("@ada");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "before=1&after=2 | before",
                "before=-1 | before",
                "after=x | after",
                "limit=501 | limit",
                "limit=0 | limit",
                "since=yesterday | since",
                "until=2026-01-01 | until",
                "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z | since",
                "after=1&after=2 | after",
                "after=%zz | percent",
            })
    void aWrongQueryIs400AndNamesTheField(String query, String named) throws Exception {
        String answer = raw("GET /rooms/" + room + "/history?" + query.strip()
                + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 400 ");
        JsonNode error = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
        assertThat(error.get("type").asText()).isEqualTo("error");
        assertThat(error.get("code").asText()).isEqualTo("bad_request");
        assertThat(error.get("message").asText()).contains(named);
    }

    @Test
    void whatIsNotThereIs404AndOtherMethodsAre405() throws Exception {
        assertThat(get("/rooms/a").statusCode()).isEqualTo(404);
        assertThat(get("/rooms/a/b/history").statusCode()).isEqualTo(404);
        HttpResponse<String> post = send("POST", "/rooms/a/history");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("allow")).hasValue("GET, HEAD");
        assertThat(get("/rooms/" + "x".repeat(256) + "/history").statusCode()).isEqualTo(400);
    }

    private static final String PAGE = "https://app.example.com";

    private RawClient.Answer asPage(String method, String origin, String... headers) {
        try (RawClient client = RawClient.connect(node)) {
            return client.exchange(RawClient.request(
                    method + " /rooms/" + room + "/history HTTP/1.1",
                    "Host: 127.0.0.1",
                    "Connection: close",
                    "Origin: " + origin,
                    String.join("\r\n", headers)));
        }
    }

    @Test
    void aPageThatMayConnectMayRead() {
        RawClient.Answer page = asPage("GET", PAGE);
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
        assertThat(page.header("Access-Control-Expose-Headers")).contains("ETag", "Retry-After");
        assertThat(page.header("Access-Control-Allow-Credentials")).isEmpty();
        assertThat(page.header("Vary")).containsIgnoringCase("origin").containsIgnoringCase("authorization");
        RawClient.Answer wrong = asPage("GET", PAGE, "If-None-Match: " + page.header("ETag"));
        assertThat(wrong.status()).isEqualTo(304);
        assertThat(wrong.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
    }

    @Test
    void errorsCanBeReadByItToo() throws Exception {
        assertThat(get("/rooms/@alice/history", "X-Test", "1").statusCode()).isEqualTo(403);
        try (RawClient client = RawClient.connect(node)) {
            RawClient.Answer refused = client.exchange(
                    RawClient.request("GET /rooms/@alice/history HTTP/1.1", "Host: 127.0.0.1", "Origin: " + PAGE));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
        }
    }

    @Test
    void itsPreflightSaysWhatItMaySend() {
        RawClient.Answer preflight = asPage(
                "OPTIONS", PAGE, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization");
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
        assertThat(preflight.header("Access-Control-Allow-Methods")).contains("GET");
        assertThat(preflight.header("Access-Control-Allow-Headers")).contains("Authorization", "If-None-Match");
        assertThat(preflight.header("Vary")).containsIgnoringCase("origin");
    }

    @Test
    void anotherPageMayNot() {
        for (String origin : List.of("https://evil.example.com", "null", "http://app.example.com")) {
            RawClient.Answer page = asPage("GET", origin);
            assertThat(page.headers()).doesNotContainKey("access-control-allow-origin");
            assertThat(page.header("Vary")).containsIgnoringCase("origin");
            RawClient.Answer preflight = asPage("OPTIONS", origin, "Access-Control-Request-Method: GET");
            assertThat(preflight.status()).isEqualTo(403);
            assertThat(preflight.headers()).doesNotContainKey("access-control-allow-origin");
        }
    }

    @Test
    void headHasTheHeadersAndNoBody() throws Exception {
        publish(3);
        HttpResponse<String> head = send("HEAD", "/rooms/" + room + "/history");
        HttpResponse<String> whole = page("");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("content-length"))
                .as("nobody has read the contents for it")
                .isEmpty();
        assertThat(tag(head)).isEqualTo(tag(whole));
    }

    @Test
    void requestsInOneGoAreAnsweredInTheirOrderOnOneConnection() throws Exception {
        publish(5);
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            requests.append("GET /rooms/")
                    .append(room)
                    .append("/history?limit=1&after=")
                    .append(i)
                    .append(" HTTP/1.1\r\nHost: x\r\n")
                    .append(i == 4 ? "Connection: close\r\n" : "")
                    .append("\r\n");
        }
        String answers = raw(requests.toString());
        List<Integer> places = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            places.add(answers.indexOf("\"content\":" + i + ","));
        }
        assertThat(places).doesNotContain(-1).isSorted();
    }

    private String raw(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout((int) TestClient.PATIENCE.toMillis());
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
