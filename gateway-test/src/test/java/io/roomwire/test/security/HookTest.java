package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestBackEnd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The application's back end has a say in who connects, joins and speaks. */
class HookTest {
    private static final String SECRET = "the back end and the node know this secret";
    private static final String DENY = "{\"allow\":false,\"reason\":\"not today\"}";
    private static final String ALLOW = "{\"allow\":true}";

    @AutoClose
    private static final TestBackEnd BACK_END = TestBackEnd.start();

    @AutoClose
    private static final TestCluster CLUSTER = asking("deny").start();

    private final TestNode node = CLUSTER.node();

    private static TestCluster.Builder asking(String onFailure) {
        return Token.asked()
                .environment("ROOMWIRE_HOOK_SECRET", SECRET)
                .with("hook.url", BACK_END.url())
                .with("hook.events", "connect,join,broadcast")
                .with("hook.timeout", "1s")
                .with("hook.on-failure", onFailure);
    }

    @BeforeEach
    void itAllowsEverythingAndAnswers() {
        BACK_END.reset();
        await("the rest after a failure is over").atMost(Duration.ofSeconds(20)).until(() -> answers("probe"));
        BACK_END.reset();
    }

    private boolean answers(String user) {
        try {
            Token.of(user).connect(node).close();
            return true;
        } catch (RuntimeException | AssertionError notYet) {
            return false;
        }
    }

    private static boolean is(JsonNode question, String event) {
        return question.get("event").asText().equals(event);
    }

    private static void deny(String event) {
        BACK_END.answers(question -> is(question, event) ? DENY : ALLOW);
    }

    private TestClient connect(String user) {
        return Token.of(user).all("*").connect(node);
    }

    @Test
    void itIsAskedWithAllThatItHasToKnowAndASignature() throws GeneralSecurityException {
        TestClient alice = connect("alice");
        alice.join("lobby");
        alice.broadcast("lobby", "hi");
        alice.next("broadcast");
        alice.direct("bob", 7);

        assertThat(BACK_END.asked())
                .extracting(TestBackEnd.Asked::body)
                .containsExactly(
                        "{\"event\":\"connect\",\"user_id\":\"alice\"}",
                        "{\"event\":\"join\",\"user_id\":\"alice\",\"room_id\":\"lobby\"}",
                        "{\"event\":\"broadcast\",\"user_id\":\"alice\",\"room_id\":\"lobby\",\"content\":\"hi\"}",
                        "{\"event\":\"broadcast\",\"user_id\":\"alice\",\"room_id\":\"@bob\",\"content\":7}");
        for (TestBackEnd.Asked each : BACK_END.asked()) {
            String timestamp = each.headers().getFirst("Roomwire-Timestamp");
            assertThat(Math.abs(Long.parseLong(timestamp) - System.currentTimeMillis() / 1000))
                    .isLessThan(60);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] signed = mac.doFinal((timestamp + "." + each.body()).getBytes(StandardCharsets.UTF_8));
            assertThat(each.headers().getFirst("Roomwire-Signature"))
                    .isEqualTo("v1=" + HexFormat.of().formatHex(signed));
        }
    }

    @Test
    void whomItDoesNotLetConnectGets403OrIsClosedWith4502() {
        deny("connect");
        assertThatThrownBy(() -> connect("mallory")).hasStackTraceContaining("403");
        TestClient byFrame = TestClient.connect(node);
        Frame answer = byFrame.ask("auth", "token", Token.of("mallory").signed());
        assertThat(answer.get("code")).isEqualTo("forbidden");
        assertThat(answer.get("message")).contains("not today");
        assertThat(byFrame.expectClose().code()).isEqualTo(4502);
    }

    @Test
    void aJoinThatItDeniesIsForbiddenAndTheRestGoesOn() {
        BACK_END.answers(question -> question.path("room_id").asText().equals("closed") ? DENY : ALLOW);
        TestClient alice = connect("alice");
        Frame answer = alice.ask("join", "room_id", "closed");
        assertThat(answer.get("code")).isEqualTo("forbidden");
        assertThat(answer.get("message")).contains("not today");
        assertThat(answer.get("room_id")).isEqualTo("closed");
        alice.join("open");
    }

    @Test
    void aBroadcastThatItDeniesReachesNobody() {
        BACK_END.answers(question -> question.path("content").asText().contains("swear") ? DENY : ALLOW);
        TestClient alice = connect("alice");
        alice.join("clean");
        assertThat(alice.ask("broadcast", "room_id", "clean", "content", "I swear")
                        .get("code"))
                .isEqualTo("forbidden");
        assertThat(alice.ask("direct", "user_id", "alice", "content", "I swear").get("code"))
                .isEqualTo("forbidden");
        alice.broadcast("clean", "fine");
        alice.next("broadcast");
        alice.assertNothingUnread();
    }

    @Test
    void whileItIsAskedTheClientsLaterRequestsWaitAndKeepTheirOrder() throws InterruptedException {
        TestClient alice = connect("alice-o");
        CountDownLatch said = new CountDownLatch(1);
        BACK_END.answers(question -> {
            if (is(question, "join")) {
                awaited(said);
            }
            return ALLOW;
        });
        String join = alice.askLater("join", "room_id", "order");
        List<String> later = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            later.add(alice.askLater("broadcast", "room_id", "order", "content", i));
        }
        String ping = alice.askLater("ping");
        await().until(() -> BACK_END.asked().size() == 2);
        connect("bob-o").ping();
        assertThat(alice.unread()).isEmpty();
        said.countDown();

        assertThat(alice.answer(join).type()).isEqualTo("joined");
        for (int i = 0; i < 50; i++) {
            assertThat(alice.answer(later.get(i)).seq()).isEqualTo(i + 1);
        }
        assertThat(alice.answer(ping).type()).isEqualTo("pong");
        for (Frame each : alice.next("broadcast", 50)) {
            assertThat(each.get("content")).isEqualTo(String.valueOf(each.seq() - 1));
        }
    }

    static void awaited(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void noAnswerWithinTheTimeoutIsUnavailableAndSendingAgainWorks() {
        TestClient alice = connect("alice-s");
        CountDownLatch said = new CountDownLatch(1);
        BACK_END.answers(question -> {
            awaited(said);
            return ALLOW;
        });
        assertThat(alice.ask("join", "room_id", "slow").get("code")).isEqualTo("unavailable");
        assertThatThrownBy(() -> connect("bob-s")).hasStackTraceContaining("503");
        said.countDown();
        await().until(() -> alice.ask("join", "room_id", "slow").is("joined"));
    }

    @Test
    void whatIsNoAnswerAllowsNothing() {
        TestClient alice = connect("alice-n");
        for (String answer : List.of("oops", "{}", "{\"allow\":\"true\"}", "{\"allow\":1}", "{\"allow\":true")) {
            BACK_END.answers(question -> answer);
            assertThat(alice.ask("join", "room_id", "none").get("code"))
                    .as(answer)
                    .isEqualTo("unavailable");
        }
    }

    @Test
    void aBackEndThatIsAwayIsGivenARestAndAskedAgainWhenItIsBack() {
        TestClient alice = connect("alice-d");
        double failedBefore = node.metrics().value("roomwire_hook_failed_total");
        BACK_END.answers(question -> "");
        BACK_END.asked().clear();
        for (int i = 0; i < 100; i++) {
            assertThat(alice.ask("join", "room_id", "dead").get("code")).isEqualTo("unavailable");
        }
        assertThat(BACK_END.asked()).hasSizeLessThan(60);
        assertThat(node.metrics().value("roomwire_hook_failed_total")).isEqualTo(failedBefore + 100);
        assertThat(node.health().get("hook").asText()).isEqualTo("down: no answer about join");
        assertThat(node.output()).contains("hook.url: ").contains("hook.on-failure");

        BACK_END.die();
        assertThat(alice.ask("join", "room_id", "dead").get("code")).isEqualTo("unavailable");
        BACK_END.listen();
        BACK_END.answers(question -> ALLOW);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> alice.ask("join", "room_id", "dead").is("joined"));
        await().until(() -> node.health().get("hook").asText().equals("up"));
    }

    @Test
    void aFailureThatPassesIsTriedAgain() {
        TestClient alice = connect("alice-f");
        BACK_END.asked().clear();
        BACK_END.answers(question -> BACK_END.asked().size() % 2 == 1 ? "oops" : ALLOW);
        assertThat(alice.ask("join", "room_id", "flaps").type()).isEqualTo("joined");
        assertThat(BACK_END.asked()).hasSize(2);
    }

    @Test
    void anAnswerIsKeptForAsLongAsItSaysForThatUserAndRoom() {
        BACK_END.answers(question -> "{\"allow\":" + !is(question, "join") + ",\"cache_s\":1000}");
        TestClient first = connect("alice-c");
        TestClient second = connect("alice-c");
        assertThat(BACK_END.asked()).hasSize(1);
        for (TestClient each : List.of(first, second)) {
            assertThat(each.ask("join", "room_id", "kept").get("code")).isEqualTo("forbidden");
        }
        assertThat(BACK_END.asked()).hasSize(2);
        first.ask("join", "room_id", "another");
        connect("bob-c").ask("join", "room_id", "kept");
        assertThat(BACK_END.asked()).hasSize(5);

        BACK_END.answers(question -> "{\"allow\":true,\"cache_s\":1}");
        BACK_END.asked().clear();
        first.join("short");
        await("the answer is over").until(() -> {
            first.join("short");
            return BACK_END.asked().size() == 2;
        });
    }

    @Test
    void whereNoAnswerMeansYesABackEndThatIsAwayStopsNobody() {
        BACK_END.answers(question -> "");
        try (TestCluster lenient = asking("allow").start()) {
            TestClient alice = Token.of("alice-l").all("*").connect(lenient.node());
            alice.join("lobby");
            alice.broadcast("lobby", 1);
            alice.next("broadcast");
            alice.close();
        }
    }
}
