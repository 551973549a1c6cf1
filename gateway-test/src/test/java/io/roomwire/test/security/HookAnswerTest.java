package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestBackEnd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the back end says to one question, or does not say about one kind of event, is nobody else's trouble. */
class HookAnswerTest {
    private static final String ALLOW = "{\"allow\":true}";
    private static final String DENY = "{\"allow\":false,\"reason\":\"banned\"}";

    /** More than are asked at a time. */
    private static final int CROWD = 80;

    @AutoClose
    private static final TestBackEnd BACK_END = TestBackEnd.start();

    /** Where no answer means yes, which is where a mistake opens something. */
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .with("hook.url", BACK_END.url())
            .with("hook.events", "join,broadcast")
            .with("hook.timeout", "3s")
            .with("hook.on-failure", "allow")
            .start();

    private final TestNode node = CLUSTER.node();

    @BeforeEach
    void itAnswers() {
        BACK_END.reset();
        await("the rest after a failure is over")
                .atMost(Duration.ofSeconds(20))
                .until(() -> node.health().get("hook").asText().equals("up"));
    }

    private static boolean isBroadcast(JsonNode question) {
        return question.get("event").asText().equals("broadcast");
    }

    /** Mallory is banned; his messages are answered as given. */
    private static String answer(JsonNode question, String toMessages) {
        if (isBroadcast(question)) {
            return question.get("user_id").asText().equals("mallory") ? toMessages : ALLOW;
        }
        return question.path("room_id").asText().equals("closed") ? DENY : ALLOW;
    }

    private TestClient connect(String user) {
        return Token.of(user).all("*").connect(node);
    }

    private static void assertCode(String code, Frame answer) {
        assertThat(answer.type()).isEqualTo("error");
        assertThat(answer.get("code")).isEqualTo(code);
    }

    @Test
    void aBadAnswerToOneUsersMessagesOpensNoRoomAndStopsNobodyElse() {
        BACK_END.answers(question -> answer(question, "oops"));
        TestClient mallory = connect("mallory");
        mallory.join("open");
        TestClient alice = connect("alice");
        alice.join("open");
        for (int i = 0; i < 50; i++) {
            assertCode("unavailable", mallory.ask("broadcast", "room_id", "open", "content", "poison"));
            assertCode("forbidden", mallory.ask("join", "room_id", "closed"));
        }
        BACK_END.asked().clear();
        alice.broadcast("open", "hello");
        assertThat(BACK_END.asked()).hasSize(1);
        alice.next("broadcast");
        assertThat(mallory.next("broadcast").get("sender")).isEqualTo("alice");
        assertThat(node.health().get("hook").asText()).isEqualTo("up");
    }

    /** Else whoever finds a text that the back end stumbles over may say it. */
    @Test
    void aBadAnswerIsANoEvenWhereNoAnswerMeansYes() {
        TestClient mallory = connect("mallory");
        mallory.join("open");
        for (String bad : List.of("500", "404", "429", "302", "oops", "{}")) {
            BACK_END.answers(question -> answer(question, bad));
            assertCode("unavailable", mallory.ask("broadcast", "room_id", "open", "content", bad));
        }
        for (String none : List.of("502", "503", "504", "")) {
            BACK_END.answers(question -> answer(question, none));
            mallory.broadcast("open", none);
            assertThat(mallory.next("broadcast").get("content")).isEqualTo(none);
        }
    }

    @Test
    void whileItIsSilentAboutMessagesItIsAskedAboutJoins() {
        CountDownLatch held = new CountDownLatch(1);
        BACK_END.answers(question -> {
            if (isBroadcast(question)) {
                HookTest.awaited(held);
            }
            return answer(question, ALLOW);
        });
        List<TestClient> crowd = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            TestClient each = connect("crowd-" + i).ignoreRest();
            each.join("open");
            crowd.add(each);
        }
        TestClient mallory = connect("mallory");
        crowd.forEach(each -> each.tell("broadcast", "room_id", "open", "content", 1));
        await("all lanes for messages are taken")
                .until(() -> BACK_END.asked().stream()
                                .filter(each -> isBroadcast(each.json()))
                                .count()
                        >= 64);
        assertCode("forbidden", mallory.ask("join", "room_id", "closed"));
        await("it is given a rest")
                .atMost(Duration.ofSeconds(20))
                .until(() -> node.health().get("hook").asText().equals("down: no answer about broadcast"));
        assertCode("forbidden", mallory.ask("join", "room_id", "closed"));
        held.countDown();
    }
}
