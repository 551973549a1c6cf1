package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server API: with a key, or not at all; what it cannot use it names. */
class ServerApiTest {
    private static final String KEY = "only-the-tests-know-this-key-no-1";
    private static final String NEXT_KEY = KEY.replace('1', '2');
    private static final String GOOD = "{\"room_id\":\"lobby\",\"content\":1}";

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().environment("ROOMWIRE_OPS_KEYS", KEY + "," + NEXT_KEY).start();

    private final TestNode node = CLUSTER.node();

    private HttpResponse<String> post(String path, String body) {
        return node.api(path, KEY, body);
    }

    @Test
    void withoutAKeyInTheConfigurationTheServerApiIsOff() {
        try (TestCluster without = aCluster().start()) {
            HttpResponse<String> answer = without.node().api("/api/broadcast", KEY, GOOD);
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("ops-keys").contains("\"forbidden\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "only-the-tests-know-this-key-no-", "only-the-tests-know-this-key-no-11"})
    void whoHasNoKeyThatCountsGets401(String key) {
        double before = node.metrics().value("roomwire_api_refused_total");
        for (String path : new String[] {"/api/broadcast", "/api/none"}) {
            HttpResponse<String> answer = node.api(path, key, GOOD);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
            assertThat(answer.body()).contains("\"unauthorized\"");
        }
        assertThat(node.metrics().value("roomwire_api_refused_total")).isEqualTo(before + 2);
    }

    @Test
    void eachOfSeveralKeysCountsAndNoneIsShown() {
        assertThat(node.api("/api/broadcast", KEY, GOOD).statusCode()).isEqualTo(200);
        assertThat(node.api("/api/broadcast", NEXT_KEY, GOOD).statusCode()).isEqualTo(200);
        assertThat(node.output()).doesNotContain(KEY).doesNotContain(NEXT_KEY);
    }

    @Test
    void keysComeFromAFileToo(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("keys");
        Files.writeString(file, KEY + "\n" + NEXT_KEY + "\n");
        try (TestCluster other = aCluster()
                .environment("ROOMWIRE_OPS_KEYS_FILE", file.toString())
                .start()) {
            assertThat(other.node().api("/api/broadcast", NEXT_KEY, GOOD).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void healthAndMetricsNeedNoKey() {
        for (String path : new String[] {"/health", "/ready", "/stats", "/metrics"}) {
            assertThat(node.ops(path).statusCode()).as(path).isEqualTo(200);
        }
    }

    /** A page from elsewhere may neither frame the console nor send a key that it has got hold of. */
    @Test
    void pagesFromElsewhereMayNotUseTheConsoleOrTheServerApi() throws Exception {
        HttpResponse<String> console = node.ops("/console");
        assertThat(console.statusCode()).isEqualTo(200);
        assertThat(console.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'", "frame-ancestors 'none'", "connect-src 'self'")
                        .doesNotContain("unsafe-", "*", "ws:"));
        assertThat(console.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");

        HttpRequest preflight = HttpRequest.newBuilder(node.ops().resolve("/api/disconnect"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://elsewhere.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization")
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(preflight, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control-"));
    }

    @Test
    void theLargestRoomsOfTheNodeAreListedButNoPersonalOnes() {
        for (String user : new String[] {"cat", "dog", "emu"}) {
            TestClient client = TestClient.member(node, "large", user);
            if (!user.equals("emu")) {
                client.join("middle");
            }
        }
        TestClient twice = TestClient.member(node, "large", "cat");
        String rooms = post("/api/rooms", "{}").body();
        assertThat(rooms)
                .containsSubsequence(
                        "{\"room_id\":\"large\",\"connections\":4}", "{\"room_id\":\"middle\",\"connections\":2}")
                .doesNotContain("@");
        assertThat(post("/api/presence", "{\"room_id\":\"large\"}").body())
                .contains("\"count\":3", "\"user_id\":\"emu\"");
        assertThat(post("/api/presence", "{\"room_id\":\"nobody-is-here\"}").body())
                .contains("\"count\":0", "\"members\":[]");
        twice.close();
    }

    @Test
    void aBroadcastOfTheBackEndIsStoredOnceAndGoesToAllMembers() {
        TestClient ada = TestClient.member(node, "news", "ada");
        String order = "{\"room_id\":\"news\", \"content\": {\"n\": 1.50e400, \"t\":\"ü€😀\\n\"} ,\"id\":\"n-1\","
                + "\"sender\":\"desk\"}";

        assertThat(post("/api/broadcast", order).body()).contains("\"seq\":1");
        assertThat(post("/api/broadcast", order).body()).contains("\"seq\":1");

        Frame frame = ada.next("broadcast");
        assertThat(frame.get("sender")).isEqualTo("desk");
        assertThat(frame.toString()).contains("{\"n\": 1.50e400, \"t\":\"ü€😀\\n\"}");
        ada.assertNothingUnread();
    }

    @Test
    void aBroadcastWithoutASenderIsOfTheServerAndMayGoToOneUserOrToARoomWithoutALog() {
        TestClient bob = TestClient.member(node, "typing:x", "bob");
        assertThat(post("/api/broadcast", "{\"room_id\":\"@bob\",\"content\":\"psst\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(bob.next("direct").get("sender")).isEqualTo("server");
        assertThat(post("/api/broadcast", "{\"room_id\":\"typing:x\",\"content\":null}")
                        .body())
                .doesNotContain("seq");
        assertThat(bob.next("broadcast").json().get("content").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ 'content':1}                          | room_id is missing",
                "{'room_id':'x'}                         | content is missing",
                "{'room_id':7,'content':1}               | room_id has to be a text",
                "{'room_id':'','content':1}              | room_id is empty",
                "{'room_id':'x','content':1,'sender':''} | sender has to be",
                "{'room_id':'x','content':1,'id':''}     | id is empty",
                "{'room_id':'x','content':1,'id':[1]}    | id has to be",
                "{'room_id':'x','content':1,'rom':'y'}   | rom is no field",
                "{'room_id':'x','room_id':'y'}           | Duplicate field 'room_id'",
                "{'room_id':'x','content':}              | not valid JSON",
                "{'room_id':'x','content':1}{}           | more than one JSON value",
                "[]                                      | JSON object",
            })
    void whatCannotBeUsedIs400AndNamesTheField(String order, String problem) {
        HttpResponse<String> answer = post("/api/broadcast", order.replace('\'', '"'));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(problem).contains("\"bad_");
    }

    @Test
    void anotherPathIs404AndNamesThoseThatAreThere() {
        HttpResponse<String> answer = post("/api/brodcast", GOOD);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("/api/broadcast");
    }

    @Test
    void anOrderThatIsTooLargeIs413AndTheNodeGoesOn() {
        assertThat(post("/api/broadcast", GOOD + " ".repeat(70_000)).statusCode())
                .isEqualTo(413);
        await().until(() -> post("/api/broadcast", GOOD).statusCode() == 200);
    }
}
