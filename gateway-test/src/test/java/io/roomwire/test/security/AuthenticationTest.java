package io.roomwire.test.security;

import static io.roomwire.test.client.RawClient.upgrade;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.client.Closing;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.RawClient.Answer;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticationTest {
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .with("auth.jwt.skew", "0s")
            .with("auth.timeout", "60s")
            .with("logging.level", "debug")
            .start();

    @AutoClose
    private static final TestCluster BY_URL =
            Token.asked().with("auth.token-in-url", true).start();

    private final TestNode node = CLUSTER.node();

    @Test
    void aBearerTokenNamesTheUser() {
        TestClient alice = Token.of("alice").all("*").connect(node);

        assertThat(alice.join("bearer").get("user_id")).isEqualTo("alice");
    }

    @Test
    void aTokenBesideTheSubprotocolDoesTooAndOnlyTheSubprotocolIsAnswered() {
        String token = Token.of("alice").all("*").signed();

        try (RawClient client = RawClient.connect(node)) {
            Answer answer = client.exchange(upgrade("/ws", "Sec-WebSocket-Protocol: roomwire.v1, bearer." + token));
            assertThat(answer.status()).isEqualTo(101);
            assertThat(answer.header("Sec-WebSocket-Protocol")).isEqualTo("roomwire.v1");
            client.send(WireFrame.text("{\"type\":\"join\",\"room_id\":\"subprotocol\"}"));
            assertThat(client.readText()).contains("\"joined\"", "\"user_id\":\"alice\"");
        }
    }

    @Test
    void theLongestTokenFitsIntoAHandshake() {
        Token token = Token.of("alice").all("*");
        int short1 = token.claim("pad", "").signed().length();
        String longest = token.claim("pad", "x".repeat((8192 - short1) / 4 * 3)).signed();
        assertThat(longest.length()).isBetween(8180, 8192);
        for (String header : List.of("Authorization: Bearer ", "Sec-WebSocket-Protocol: roomwire.v1, bearer.")) {
            try (RawClient client = RawClient.connect(node)) {
                assertThat(client.exchange(upgrade("/ws", header + longest, "Cookie: a=" + "b".repeat(2000)))
                                .status())
                        .isEqualTo(101);
            }
        }
        try (RawClient client = RawClient.connect(BY_URL.node())) {
            assertThat(client.exchange(upgrade("/ws?access_token=" + longest)).status())
                    .isEqualTo(101);
        }
    }

    @Test
    void aTokenInTheFirstFrameDoesTooAndIsAnswered() {
        TestClient alice = TestClient.connect(node);
        Instant before = Instant.now();

        Frame answer = alice.ask("auth", "token", Token.of("alice").all("*").signed());

        assertThat(answer.type()).isEqualTo("authenticated");
        assertThat(answer.get("user_id")).isEqualTo("alice");
        assertThat(answer.number("expires_at"))
                .isBetween(
                        before.plus(Duration.ofMinutes(59)).toEpochMilli(),
                        before.plus(Duration.ofMinutes(61)).toEpochMilli());
        alice.join("frame");
    }

    @Test
    void aTokenInTheUrlIsNotLookedAt() {
        String token = Token.of("alice").all("*").signed();

        try (RawClient client = RawClient.connect(node)) {
            assertThat(client.exchange(upgrade("/ws?access_token=" + token)).status())
                    .isEqualTo(101);
            client.send(WireFrame.text("{\"type\":\"join\",\"room_id\":\"url\"}"));
            assertThat(client.readText()).contains("\"unauthorized\"");
        }
    }

    @Test
    void beforeATokenHasComeEverythingElseIsUnauthorized() {
        TestClient nobody = TestClient.connect(node);
        for (String request : List.of(
                "{\"type\":\"join\",\"room_id\":\"a\",\"user_id\":\"alice\"}",
                "{\"type\":\"leave\",\"room_id\":\"a\"}",
                "{\"type\":\"broadcast\",\"room_id\":\"a\",\"content\":1}",
                "{\"type\":\"direct\",\"user_id\":\"bob\",\"content\":1}",
                "{\"type\":\"history\",\"room_id\":\"a\"}",
                "{\"type\":\"presence\",\"room_id\":\"a\"}",
                "{\"type\":\"ping\"}")) {
            nobody.send(request);
            assertThat(nobody.next("error").get("code")).as(request).isEqualTo("unauthorized");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0."})
    void aBadTokenInTheHandshakeIs401WithAJsonError(String token) throws IOException {
        try (RawClient client = RawClient.connect(node)) {
            Answer answer = client.exchange(upgrade("/ws", "Authorization: Bearer " + token));

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
            JsonNode error = new ObjectMapper().readTree(answer.body());
            assertThat(error.get("type").asText()).isEqualTo("error");
            assertThat(error.get("code").asText()).isEqualTo("unauthorized");
            assertThat(error.get("message").asText()).isNotBlank();
            client.awaitEndMs();
        }
    }

    @Test
    void anExpiredTokenAndOneOfAnotherSecretAre401() {
        for (String token : List.of(
                Token.of("alice").expires(Duration.ofMinutes(-1)).signed(),
                Token.of("alice").signed("another secret that nobody has configured here"))) {
            try (RawClient client = RawClient.connect(node)) {
                assertThat(client.exchange(upgrade("/ws", "Sec-WebSocket-Protocol: roomwire.v1, bearer." + token))
                                .status())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void aBadTokenInAFrameIsUnauthorizedAndClosesWith4501() {
        TestClient nobody = TestClient.connect(node);

        assertThat(nobody.ask("auth", "token", "nonsense").get("code")).isEqualTo("unauthorized");
        assertThat(nobody.expectClose().code()).isEqualTo(4501);
    }

    @Test
    void aBadTokenInARefreshClosesToo() {
        TestClient alice = Token.of("alice").connect(node);

        assertThat(alice.ask("auth", "token", "nonsense").get("code")).isEqualTo("unauthorized");
        assertThat(alice.expectClose().code()).isEqualTo(4501);
    }

    @Test
    void aTokenThatRunsOutClosesWith4201() {
        TestClient alice =
                Token.of("alice").all("*").expires(Duration.ofSeconds(3)).connect(node);
        alice.join("expiry");

        Closing end = alice.expectClose();

        assertThat(end.code()).isEqualTo(4201);
        assertThat(end.reason()).isNotBlank();
        assertThat(node.metrics().sum("roomwire_connections_closed_total", "code=\"4201\""))
                .isPositive();
    }

    @Test
    void aFreshTokenInTimeKeepsTheConnection() {
        TestClient alice =
                Token.of("alice").all("*").expires(Duration.ofSeconds(3)).connect(node);
        TestClient bob = Token.of("bob").all("*").expires(Duration.ofSeconds(4)).connect(node);

        assertThat(alice.ask("auth", "token", Token.of("alice").all("*").signed())
                        .type())
                .isEqualTo("authenticated");

        assertThat(bob.expectClose().code()).isEqualTo(4201);
        alice.join("refreshed");
    }

    @Test
    void aFreshTokenChangesTheRightsAndRoomsThatItDoesNotAllowAreLeft() {
        TestClient alice = Token.of("alice").all("kept-*").all("lost-*").connect(node);
        alice.join("kept-1");
        alice.join("lost-1");
        TestClient bob = Token.of("bob").all("*").connect(node);
        bob.joinWatching("lost-1", "bob");

        alice.tell(
                "auth",
                "token",
                Token.of("alice").can("kept-*", "join").all("new-*").signed());

        alice.next("authenticated");
        assertThat(alice.next("left").get("room_id")).isEqualTo("lost-1");
        assertThat(bob.next("member_left").get("user_id")).isEqualTo("alice");
        assertThat(alice.ask("join", "room_id", "lost-1").get("code")).isEqualTo("forbidden");
        assertThat(alice.ask("broadcast", "room_id", "kept-1", "content", 1).get("code"))
                .isEqualTo("forbidden");
        alice.join("new-1");
        bob.direct("alice", "still here");
        alice.next("direct");
    }

    @Test
    void aFreshTokenOfAnotherUserIsForbiddenAndChangesNothing() {
        TestClient alice = Token.of("alice").all("*").connect(node);

        assertThat(alice.ask("auth", "token", Token.of("bob").all("*").signed()).get("code"))
                .isEqualTo("forbidden");
        assertThat(alice.join("same").get("user_id")).isEqualTo("alice");
    }

    @Test
    void refusedTokensAreCounted() {
        double before = refusedTokens();
        try (RawClient client = RawClient.connect(node)) {
            client.exchange(upgrade("/ws", "Authorization: Bearer x"));
        }
        assertThat(refusedTokens()).isEqualTo(before + 1);
    }

    private double refusedTokens() {
        return node.metrics().sum("roomwire_handshakes_refused_total", "reason=\"token\"");
    }

    /** Whoever gets hold of a log must not get hold of users: at the level of debug, in each way of bringing one. */
    @Test
    void nothingOfATokenIsLogged() {
        String good = Token.of("carol").all("*").signed();
        String bad = Token.of("carol").signed("another secret that nobody has configured here");
        TestClient.connect(node).ask("auth", "token", good);
        TestClient refused = TestClient.connect(node);
        refused.ask("auth", "token", bad);
        refused.expectClose();
        for (String token : List.of(good, bad)) {
            for (String request : List.of(
                    upgrade("/ws", "Authorization: Bearer " + token),
                    upgrade("/ws", "Sec-WebSocket-Protocol: roomwire.v1, bearer." + token),
                    upgrade("/ws?access_token=" + token),
                    upgrade("/nothing?access_token=" + token),
                    upgrade("/ws", "Authorization: Bearer " + token).replace("HTTP/1.1", "HTTP/9.9"))) {
                try (RawClient client = RawClient.connect(node)) {
                    client.exchange(request);
                }
            }
            try (RawClient client = RawClient.upgraded(node)) {
                client.send(WireFrame.text("{\"type\":\"auth\",\"token\":\"" + token));
                client.readText();
            }
        }
        String[] parts = good.split("\\.", -1);
        assertThat(node.output()).isNotEmpty().doesNotContain(parts[1], parts[2], bad.split("\\.", -1)[2]);
        assertThat(node.output()).doesNotContain(Token.SECRET);
    }
}
