package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestBackEnd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the back end guards has no other way in, and no way in while it is asked. */
class HookGuardTest {
    private static final String KEY = "only-the-tests-know-this-key-no-2";
    private static final String DENY = "{\"allow\":false,\"reason\":\"banned\"}";
    private static final String ALLOW = "{\"allow\":true}";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @AutoClose
    private static final TestBackEnd BACK_END = TestBackEnd.start();

    @AutoClose
    private static final TestCluster CLUSTER =
            asking(Token.asked(), "connect,join,broadcast").start();

    private final TestNode node = CLUSTER.node();

    private static TestCluster.Builder asking(TestCluster.Builder cluster, String events) {
        return cluster.environment("ROOMWIRE_OPS_KEYS", KEY)
                .with("hook.url", BACK_END.url())
                .with("hook.events", events)
                .with("hook.timeout", "10s");
    }

    @BeforeEach
    void itAllowsEverything() {
        BACK_END.reset();
    }

    private static boolean isAbout(JsonNode question, String event) {
        return question.get("event").asText().equals(event);
    }

    /** Answers questions about that event only when the test says so; all others at once. */
    private static CountDownLatch holdBack(String event) {
        CountDownLatch held = new CountDownLatch(1);
        BACK_END.answers(question -> {
            if (isAbout(question, event)) {
                HookTest.awaited(held);
            }
            return ALLOW;
        });
        return held;
    }

    private static void awaitAsked(int questions) {
        await().until(() -> BACK_END.asked().size() == questions);
    }

    private static CompletableFuture<HttpResponse<String>> history(TestNode node, String room, String... headers) {
        URI uri = node.demo().resolve("/rooms/" + room + "/history");
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> history(Token token, String room) {
        return history(node, room, "Authorization", "Bearer " + token.signed());
    }

    private void ordered(TestNode at, String path, String body) {
        assertThat(at.api(path, KEY, body.replace('\'', '"')).statusCode()).isEqualTo(200);
    }

    private static void assertForbidden(Frame answer) {
        assertThat(answer.get("code")).isEqualTo("forbidden");
    }

    @Test
    void whoMayNotJoinReadsNoHistoryByHttp() {
        BACK_END.answers(question ->
                isAbout(question, "join") && question.get("user_id").asText().equals("mallory") ? DENY : ALLOW);
        HttpResponse<String> banned =
                history(Token.of("mallory").all("*"), "team-7").join();
        assertThat(banned.statusCode()).isEqualTo(403);
        assertThat(banned.body()).contains("\"code\":\"forbidden\"").contains("banned");
        assertThat(history(Token.of("alice").all("*"), "team-7").join().statusCode())
                .isEqualTo(200);
        assertThat(BACK_END.asked())
                .extracting(TestBackEnd.Asked::body)
                .contains("{\"event\":\"join\",\"user_id\":\"mallory\",\"room_id\":\"team-7\"}");
    }

    @Test
    void whatTheTokenDoesNotAllowIsNotAskedForHistoryAndThePersonalRoomIsItsUsers() {
        assertThat(history(Token.of("alice").can("*", "join"), "team-7").join().statusCode())
                .isEqualTo(403);
        assertThat(history(Token.of("alice"), "@alice").join().statusCode()).isEqualTo(200);
        assertThat(BACK_END.asked()).noneMatch(each -> isAbout(each.json(), "join"));
    }

    @Test
    void whereNoAnswerComesNoHistoryIsReadByHttp() {
        BACK_END.answers(question -> isAbout(question, "join") ? "503" : ALLOW);
        HttpResponse<String> answer =
                history(Token.of("alice").all("*"), "team-7").join();
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void whereNobodySaysWhoHeIsTheBackEndCannotBeAskedSoNoHistoryIsReadByHttp() {
        try (TestCluster open = asking(TestCluster.aCluster(), "join").start()) {
            assertThat(history(open.node(), "team-7").join().statusCode()).isEqualTo(403);
        }
        try (TestCluster open = asking(TestCluster.aCluster(), "broadcast").start()) {
            assertThat(history(open.node(), "team-7").join().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aTokenThatIsRevokedWhileTheBackEndIsAskedReadsNoHistory() {
        CountDownLatch held = holdBack("join");
        Token token = Token.of("alice-r").all("*").issued(Instant.now().minusSeconds(60));
        CompletableFuture<HttpResponse<String>> answer = history(token, "team-7");
        awaitAsked(2);
        ordered(
                node,
                "/api/revoke",
                "{'user_id':'alice-r','issued_before':" + Instant.now().getEpochSecond() + "}");
        held.countDown();
        assertThat(answer.join().statusCode()).isEqualTo(401);
    }

    @Test
    void aJoinUnderWayIsForbiddenIfAFreshTokenDoesNotAllowIt() {
        TestClient alice = Token.of("alice-a").all("*").connect(node);
        CountDownLatch held = holdBack("join");
        String auth =
                alice.askLater("auth", "token", Token.of("alice-a").all("other").signed());
        String join = alice.askLater("join", "room_id", "team-7");
        assertThat(alice.answer(auth).type()).isEqualTo("authenticated");
        awaitAsked(3);
        held.countDown();
        assertForbidden(alice.answer(join));
        assertThat(alice.ask("history", "room_id", "team-7").get("code")).isEqualTo("not_in_room");
    }

    @Test
    void aBroadcastUnderWayIsForbiddenIfAFreshTokenDoesNotAllowIt() {
        TestClient alice = Token.of("alice-b").all("*").connect(node);
        alice.join("team-8");
        CountDownLatch held = holdBack("broadcast");
        String auth = alice.askLater(
                "auth", "token", Token.of("alice-b").can("*", "join", "history").signed());
        String broadcast = alice.askLater("broadcast", "room_id", "team-8", "content", 1);
        assertThat(alice.answer(auth).type()).isEqualTo("authenticated");
        awaitAsked(4);
        held.countDown();
        assertForbidden(alice.answer(broadcast));
        assertThat(alice.history("team-8").json().get("messages")).isEmpty();
    }

    @Test
    void aDirectMessageUnderWayIsForbiddenIfAFreshTokenDoesNotAllowIt() {
        TestClient alice = Token.of("alice-d").connect(node);
        CountDownLatch held = holdBack("broadcast");
        String auth = alice.askLater(
                "auth", "token", Token.of("alice-d").claim("direct", List.of()).signed());
        String direct = alice.askLater("direct", "user_id", "bob", "content", 1);
        assertThat(alice.answer(auth).type()).isEqualTo("authenticated");
        awaitAsked(3);
        held.countDown();
        assertForbidden(alice.answer(direct));
    }

    @Test
    void whoIsRemovedWhileAJoinIsUnderWayDoesNotComeIn() {
        TestClient alice = Token.of("alice-m").all("*").connect(node);
        assertRemovedWhileJoining(node, alice, "join", "room_id", "team-7");
    }

    /** Nobody is named yet when the operator speaks. */
    @Test
    void whoIsRemovedWhileTheFirstJoinIsUnderWayDoesNotComeIn() {
        try (TestCluster open = asking(TestCluster.aCluster(), "join").start()) {
            TestClient alice = TestClient.connect(open.node());
            assertRemovedWhileJoining(open.node(), alice, "join", "room_id", "team-7", "user_id", "alice-m");
            alice.close();
        }
    }

    private void assertRemovedWhileJoining(TestNode at, TestClient alice, String type, Object... fields) {
        CountDownLatch held = holdBack("join");
        BACK_END.asked().clear();
        String join = alice.askLater(type, fields);
        awaitAsked(1);
        ordered(at, "/api/remove", "{'user_id':'alice-m','room_id':'another'}");
        ordered(at, "/api/remove", "{'user_id':'alice-m','room_id':'team-7'}");
        held.countDown();
        Frame answer = alice.answer(join);
        assertForbidden(answer);
        assertThat(answer.get("message")).contains("operator");
        assertThat(alice.ask(type, fields).type()).isEqualTo("joined");
    }

    /** The reach of an order ends with the question: one about another room or user does nothing. */
    @Test
    void whoIsRemovedFromAnotherRoomComesIn() {
        TestClient alice = Token.of("alice-n").all("*").connect(node);
        CountDownLatch held = holdBack("join");
        String join = alice.askLater("join", "room_id", "team-7");
        awaitAsked(2);
        ordered(node, "/api/remove", "{'user_id':'alice-n','room_id':'team-8'}");
        ordered(node, "/api/remove", "{'user_id':'bob-n','room_id':'team-7'}");
        held.countDown();
        assertThat(alice.answer(join).type()).isEqualTo("joined");
    }

    @Test
    void whoIsDisconnectedWhileTheFirstJoinIsUnderWayIsClosed() {
        try (TestCluster open = asking(TestCluster.aCluster(), "join").start()) {
            TestClient alice = TestClient.connect(open.node());
            CountDownLatch held = holdBack("join");
            alice.askLater("join", "room_id", "team-7", "user_id", "alice-q");
            awaitAsked(1);
            ordered(open.node(), "/api/disconnect", "{'user_id':'alice-q'}");
            held.countDown();
            assertThat(alice.expectClose().code()).isEqualTo(4504);
        }
    }
}
