package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.MortalPostgres;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What goes wrong behind a node is told to its operator and not to its clients. */
class ErrorWordsTest {
    /** Addresses and ports, products, what their drivers throw, what nodes ask them. */
    private static final Pattern INNARDS = Pattern.compile(
            "127\\.0\\.0\\.1|localhost|:\\d{4,5}|redis|postgres|lettuce|netty|jdbc|jackson|java|exception|script|sql|lua"
                    + "|io\\.|connection to",
            Pattern.CASE_INSENSITIVE);

    /** The message, not the log's line. */
    private static void assertPlain(Frame error) {
        assertThat(error.get("code")).isEqualTo("unavailable");
        assertThat(error.get("message")).doesNotContainPattern(INNARDS);
    }

    private static void assertNothingIsToldOfWhatIsBehind(TestNode node, Runnable breaks) {
        TestClient ada = TestClient.member(node, "open", "ada").ignoreRest();
        ada.broadcast("open", "stored");
        breaks.run();
        await("it is noticed")
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        ada.ask("broadcast", "room_id", "open", "content", 1).is("error"));
        assertPlain(ada.ask("broadcast", "room_id", "open", "content", 2));
        assertPlain(ada.ask("direct", "user_id", "ada", "content", 2));
        assertPlain(ada.ask("history", "room_id", "open"));
        assertPlain(ada.ask("join", "room_id", "another"));
        assertPlain(ada.ask("join", "room_id", "open", "after", 0));
        HttpResponse<String> byHttp = node.http("/rooms/open/history");
        assertThat(byHttp.statusCode()).isEqualTo(503);
        assertThat(byHttp.body()).doesNotContainPattern(INNARDS);
        assertThat(node.output()).as("the operator learns why").contains("clients are told unavailable; the last: ");
    }

    @Test
    void whenRedisIsAwayErrorsDoNotSayWhereItIs() {
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster = aCluster().with("redis.uri", redis.uri()).start()) {
            assertNothingIsToldOfWhatIsBehind(cluster.node(), redis::kill);
        }
    }

    @Test
    void whenPostgresIsAwayErrorsDoNotSayWhereItIs() {
        try (MortalPostgres postgres = MortalPostgres.start();
                TestCluster cluster =
                        aCluster().with("postgres.uri", postgres.uri()).start()) {
            assertNothingIsToldOfWhatIsBehind(cluster.node(), postgres::kill);
        }
    }

    @Test
    void whatIsBeyondTheReadersLimitsIsToldWithoutTheReadersWords() {
        try (TestCluster cluster = aCluster().start()) {
            TestClient ada = TestClient.connect(cluster.node());
            ada.send("{\"type\":\"ping\",\"deep\":" + "[".repeat(2000) + "]".repeat(2000) + "}");
            Frame error = ada.next("error");
            assertThat(error.get("code")).isEqualTo("bad_request");
            assertThat(error.get("message")).contains("nested").doesNotContainPattern(INNARDS);
            ada.close();
        }
    }
}
