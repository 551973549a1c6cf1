package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.MortalPostgres;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import io.roomwire.test.cluster.TestServers;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Passwords of PostgreSQL and Redis are nowhere in what a node says or shows, whatever the servers do. */
class CredentialsTest {
    /** A part of each password here, right or wrong. */
    private static final String SECRET = "hush";

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @AutoClose
    private static final TestRedis REDIS = TestRedis.withPassword("hushredis");

    @AutoClose
    private static final MortalPostgres POSTGRES = MortalPostgres.start();

    private static String postgresUri;

    @BeforeAll
    static void postgresAsksForAPassword() throws Exception {
        postgresUri = POSTGRES.uriOf("roomwire", "hushpostgres");
    }

    /** Debug is what one turns on when a password is refused. */
    @ParameterizedTest
    @ValueSource(strings = {"info", "debug"})
    void whenServersAreKilledAndComeBack(String level) {
        try (TestCluster cluster = aCluster()
                .with("redis.uri", REDIS.uri())
                .with("postgres.uri", postgresUri)
                .with("logging.level", level)
                .start()) {
            TestNode node = cluster.node();
            awaitServers(node, "up");
            String room = "durable-" + level; // one that was there before the servers were killed begins a new epoch
            TestClient ada = TestClient.member(node, room, "ada").ignoreRest();
            ada.broadcast(room, "before");
            assertNothingShown(node);

            REDIS.kill();
            POSTGRES.kill();
            awaitServers(node, "down");
            assertThat(ada.ask("broadcast", "room_id", room, "content", "now").get("code"))
                    .isEqualTo("unavailable");
            assertNothingShown(node);

            REDIS.restart();
            POSTGRES.restart();
            awaitServers(node, "up");
            assertNothingShown(node);
            ada.close();
            node.terminate();
            assertNothingSaid(node.output());
        }
    }

    @Test
    void whenNobodyListens() {
        try (TestCluster cluster = aCluster()
                .with("redis.uri", "redis://roomwire:hushredis@127.0.0.1:" + TestServers.freePort())
                .with("postgres.uri", "postgres://roomwire:hushpostgres@127.0.0.1:" + TestServers.freePort() + "/db")
                .start()) {
            awaitServers(cluster.node(), "down");
            assertNothingShown(cluster.node());
        }
    }

    /** The start ends there. Passwords with signs that a URI would have encoded are those that parsers cut in two. */
    @ParameterizedTest
    @CsvSource({
        "redis.uri,redis://:hushwrong@REDIS",
        "redis.uri,redis:hush:hush@REDIS",
        "redis.uri,hush:hush@REDIS",
        "redis.uri,redis://hush:hu/hush@REDIS",
        "redis.uri,redis://hush:hu#hush@REDIS",
        "redis.uri,redis://hush:hu@hush@REDIS",
        "postgres.uri,postgres://roomwire:hushwrong@POSTGRES",
        "postgres.uri,postgres://roomwire:hush/hush@host/db",
        "postgres.uri,jdbc:postgresql://roomwire:hush@host/db"
    })
    void whenTheUriIsRefused(String key, String uri) {
        String server = REDIS.uri().replaceFirst(".*@", "");
        String database = postgresUri.replaceFirst(".*@", "");
        String whole = uri.replace("REDIS", server).replace("POSTGRES", database);
        Jar.Result result = Jar.run(Map.of(), "serve", "--port", "0", "--ops-port", "0", "--set", key + "=" + whole);
        assertThat(result.exitCode()).as(result.err()).isNotZero();
        assertThat(result.err()).contains(key);
        assertNothingSaid(result.out() + result.err());
    }

    private static void awaitServers(TestNode node, String state) {
        await("both servers are " + state).atMost(PATIENCE).untilAsserted(() -> {
            assertThat(node.health().get("redis").asText()).isEqualTo(state);
            assertThat(node.health().get("postgres").toString()).contains(state);
        });
    }

    private static void assertNothingShown(TestNode node) {
        for (String page : new String[] {"/health", "/ready", "/stats", "/metrics"}) {
            assertNothingSaid(node.ops(page).body());
        }
        assertNothingSaid(node.output());
    }

    private static void assertNothingSaid(String text) {
        assertThat(text).isNotEmpty().doesNotContainIgnoringCase(SECRET);
    }
}
