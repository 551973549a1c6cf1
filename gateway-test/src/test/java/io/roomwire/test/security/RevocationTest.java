package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An operator's orders hold on every node within a second, whichever node was told. */
class RevocationTest {
    private static final String KEY = "only-the-tests-know-this-key-no-1";

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .environment("ROOMWIRE_OPS_KEYS", KEY)
            .nodes(3)
            .with("redis.uri", REDIS.uri())
            .start();

    private static HttpResponse<String> order(TestNode node, String path, String body) {
        return node.api(path, KEY, body.replace('\'', '"'));
    }

    private static void ordered(String path, String body) {
        HttpResponse<String> answer = order(CLUSTER.node(0), path, body);
        assertThat(answer.body()).isEqualTo("{\"reaches\":\"all nodes\"}\n");
    }

    private static String revocation(String user, Instant before) {
        return "{'user_id':'" + user + "','issued_before':" + before.getEpochSecond() + "}";
    }

    private static List<TestClient> onEachNode(Token token) {
        List<TestClient> clients = new ArrayList<>();
        for (TestNode node : CLUSTER.nodes()) {
            TestClient client = token.connect(node);
            client.join("lobby");
            clients.add(client);
        }
        return clients;
    }

    private static void assertWithinASecond(long sinceNs, List<TestClient> closed, int code) {
        for (TestClient each : closed) {
            var end = each.expectClose();
            assertThat(end.code()).isEqualTo(code);
            assertThat(end.atNs() - sinceNs).isLessThan(TimeUnit.SECONDS.toNanos(1));
        }
    }

    private static void assertRefused(Token token) {
        for (TestNode node : CLUSTER.nodes()) {
            assertThatThrownBy(() -> token.connect(node)).hasStackTraceContaining("401");
        }
    }

    @Test
    void disconnectClosesAllConnectionsOfTheUserOnAllNodesAndNobodyElses() {
        List<TestClient> alice = onEachNode(Token.of("alice-d").all("lobby"));
        List<TestClient> bob = onEachNode(Token.of("bob-d").all("lobby"));

        ordered("/api/disconnect", "{'user_id':'alice-d'}");

        assertWithinASecond(System.nanoTime(), alice, 4504);
        bob.forEach(TestClient::ping);
        Token.of("alice-d").connect(CLUSTER.node(1)).ping();
    }

    @Test
    void removeTakesTheUserOutOfTheRoomOnAllNodesAndNobodyElse() {
        List<TestClient> alice = onEachNode(Token.of("alice-m").all("*"));
        alice.forEach(each -> each.join("other"));
        TestClient bob = Token.of("bob-m").all("lobby").connect(CLUSTER.node(2));
        bob.join("lobby");

        ordered("/api/remove", "{'user_id':'alice-m','room_id':'lobby'}");

        for (TestClient each : alice) {
            assertThat(each.next("left").get("room_id")).isEqualTo("lobby");
            assertThat(each.ask("broadcast", "room_id", "lobby", "content", 1).get("code"))
                    .isEqualTo("not_in_room");
        }
        bob.broadcast("lobby", "still here");
        bob.next("broadcast");
        alice.get(0).broadcast("other", "and I here");
        alice.forEach(each -> assertThat(each.next("broadcast").get("room_id")).isEqualTo("other"));
    }

    @Test
    void revokeClosesThoseWithOlderTokensAndRefusesThemEverywhereFromThenOn() {
        Instant now = Instant.now();
        Token old = Token.of("alice-r").all("lobby").issued(now.minusSeconds(60));
        Token unsaid = Token.of("alice-r").all("lobby");
        Token fresh = Token.of("alice-r").all("lobby").issued(now);
        Token other = Token.of("bob-r").all("lobby").issued(now.minusSeconds(60));
        List<TestClient> closed = onEachNode(old);
        closed.addAll(onEachNode(unsaid));
        List<TestClient> staying = onEachNode(fresh);
        staying.addAll(onEachNode(other));
        TestClient renewed = old.connect(CLUSTER.node(1));
        renewed.ask("auth", "token", fresh.signed());

        ordered("/api/revoke", revocation("alice-r", now));

        assertWithinASecond(System.nanoTime(), closed, 4202);
        staying.forEach(TestClient::ping);
        renewed.ping();
        assertRefused(old);
        assertRefused(unsaid);
        onEachNode(fresh);
        Frame refusal = renewed.ask("auth", "token", old.signed());
        assertThat(refusal.get("code")).isEqualTo("unauthorized");
        assertThat(renewed.expectClose().code()).isEqualTo(4501);
    }

    @Test
    void aRevokedTokenIsRefusedByANodeThatWasNotThere() {
        Instant now = Instant.now();
        Token old = Token.of("alice-n").issued(now.minusSeconds(60));
        CLUSTER.node(2).kill();
        ordered("/api/revoke", revocation("alice-n", now));
        CLUSTER.node(2).restart();
        assertRefused(old);
    }

    @Test
    void whileRedisIsAwayRevocationsHoldAndNewOnesAreUnavailableAndNoneIsForgotten() {
        Instant now = Instant.now();
        Token old = Token.of("alice-x").issued(now.minusSeconds(60));
        Token later = Token.of("bob-x").issued(now.minusSeconds(60));
        TestClient bob = later.connect(CLUSTER.node(1));
        ordered("/api/revoke", revocation("alice-x", now));
        await("all nodes know").untilAsserted(() -> assertRefused(old));

        REDIS.kill();

        assertRefused(old);
        await().untilAsserted(() -> {
            HttpResponse<String> answer = order(CLUSTER.node(0), "/api/revoke", revocation("bob-x", now));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("\"unavailable\"").contains("give it again");
        });
        bob.ping();
        REDIS.restart();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> order(CLUSTER.node(0), "/api/revoke", revocation("bob-x", now))
                                .statusCode()
                        == 200);
        assertThat(bob.expectClose().code()).isEqualTo(4202);
        CLUSTER.node(2).kill();
        CLUSTER.node(2).restart();
        await("the nodes that stayed have told the empty Redis").untilAsserted(() -> assertRefused(old));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/disconnect | {'user':'a'}                                      | user is no field",
                "/api/disconnect | {}                                                | user_id is missing",
                "/api/remove     | {'user_id':'a'}                                   | room_id is missing",
                "/api/remove     | {'user_id':'a','room_id':'@a'}                    | room_id is a personal room",
                "/api/revoke     | {'user_id':'a'}                                   | issued_before is missing",
                "/api/revoke     | {'user_id':'a','issued_before':'now'}             | issued_before has to be",
                "/api/revoke     | {'user_id':'a','issued_before':-1}                | issued_before has to be",
                "/api/revoke     | {'user_id':'a','issued_before':1795560810103}     | issued_before has to be seconds",
                "/api/revoke     | {'user_id':'a','issued_before':1e99}              | issued_before has to be",
                "/api/revoke     | {'user_id':                                       | not valid JSON",
            })
    void anOrderThatCannotBeUsedIs400AndNamesTheField(String path, String body, String problem) {
        HttpResponse<String> answer = order(CLUSTER.node(0), path, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(problem);
    }

    @Test
    void oneNodeAloneSaysSoAndWithoutTokensThereIsNothingToRevoke() {
        try (TestCluster alone =
                TestCluster.aCluster().environment("ROOMWIRE_OPS_KEYS", KEY).start()) {
            TestClient bob = TestClient.member(alone.node(), "lobby", "bob");
            assertThat(order(alone.node(), "/api/disconnect", "{'user_id':'bob'}")
                            .body())
                    .contains("this node");
            assertThat(bob.expectClose().code()).isEqualTo(4504);
            HttpResponse<String> answer = order(alone.node(), "/api/revoke", revocation("bob", Instant.now()));
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("without authentication");
        }
    }
}
