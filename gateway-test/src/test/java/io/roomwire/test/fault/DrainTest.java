package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DrainTest {
    private static final long GRACE_MS = 400;
    private static final long SPREAD_MS = 800;
    private static final long TIMEOUT_MS = 8000;

    @AutoClose
    private final TestCluster cluster = aCluster()
            .with("drain.grace", GRACE_MS + "ms")
            .with("drain.spread", SPREAD_MS + "ms")
            .with("drain.timeout", TIMEOUT_MS + "ms")
            .start();

    private final TestNode node = cluster.node();

    @Test
    void duringTheGraceItIsNotReadyAndStillServes() {
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200);
        TestClient ada = TestClient.member(node, "grace", "ada");
        node.askToEnd();
        await().until(() -> node.ops("/ready").statusCode() == 503);
        assertThat(node.health().get("status").asText()).isEqualTo("draining");
        TestClient late = TestClient.member(node, "grace", "late");
        late.broadcast("grace", "still here");
        assertThat(late.next("broadcast").content().asText()).isEqualTo("still here");
        ada.next("broadcast");
        for (TestClient client : List.of(ada, late)) {
            client.next("reconnect");
            assertThat(client.expectClose().code()).isEqualTo(1001);
        }
        assertThat(node.awaitExit()).isZero();
    }

    @Test
    void clientsAreToldToComeBackAndSentAwayOneByOne() {
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            clients.add(TestClient.member(node, "spread", "user-" + i));
        }
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200); // somebody watches, so the grace counts
        long startNs = System.nanoTime();
        node.askToEnd();

        Set<Long> hints = new HashSet<>();
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (TestClient client : clients) {
            hints.add(client.next("reconnect").number("after_ms"));
            Closing end = client.expectClose();
            assertThat(end.code()).isEqualTo(1001);
            assertThat(end.reason()).isNotBlank();
            first = Math.min(first, end.atNs());
            last = Math.max(last, end.atNs());
        }
        assertThat(node.awaitExit()).isZero();
        long tookMs = (System.nanoTime() - startNs) / 1_000_000;

        assertThat(tookMs).isBetween(GRACE_MS, TIMEOUT_MS);
        assertThat(hints).as("hints with jitter").hasSizeGreaterThan(20);
        assertThat(hints).allMatch(ms -> ms >= 0 && ms < 60_000);
        assertThat(TimeUnit.NANOSECONDS.toMillis(last - first))
                .as("a slope, not a wall")
                .isBetween(SPREAD_MS / 2, SPREAD_MS * 3);
    }

    @Test
    void whatWasAckedBeforeTheEndHasBeenDelivered() {
        TestClient sender = TestClient.member(node, "acked", "sender").ignoreRest();
        TestClient member = TestClient.member(node, "acked", "member");
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            asked.add(sender.askLater("broadcast", "room_id", "acked", "content", i));
        }
        sender.answer(asked.remove(0));
        assertThat(node.ops("/ready").statusCode()).isEqualTo(200); // somebody watches, so the grace counts
        node.askToEnd();
        long acked =
                asked.stream().mapToLong(id -> sender.answer(id).seq()).max().orElseThrow();

        assertThat(acked).isEqualTo(300);
        for (Frame frame : member.next("broadcast", 300)) {
            assertThat(frame.seq()).isPositive();
        }
        member.next("reconnect");
        assertThat(member.expectClose().code()).isEqualTo(1001);
        assertThat(node.awaitExit()).isZero();
    }

    @Test
    void afterTheGraceNobodyIsLetIn() {
        TestClient last = TestClient.member(node, "full", "last");
        node.askToEnd();
        last.next("reconnect");
        last.expectClose();
        assertThatThrownBy(() -> TestClient.connect(node)).isInstanceOf(AssertionError.class);
        assertThat(node.awaitExit()).isZero();
    }

    @Test
    void aClientThatDoesNotAnswerDoesNotHoldItUp() {
        TestClient deaf = TestClient.member(node, "deaf", "ada").ignoreRest();
        deaf.stopReading();
        long startNs = System.nanoTime();
        assertThat(node.terminate()).isZero();
        assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(TIMEOUT_MS + 1000);
    }

    @Test
    void withoutClientsItEndsAtOnce() {
        long startNs = System.nanoTime();
        assertThat(node.terminate()).isZero();
        assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(GRACE_MS + 2000);
    }

    @Test
    void clientsAreBackElsewhereWithinAMoment() {
        TestClient client = TestClient.member(node, "moment", "ada");
        node.askToEnd();
        assertThat(client.next("reconnect").number("after_ms")).isBetween(0L, 200L);
        client.expectClose();
        assertThat(node.awaitExit()).isZero();
    }

    /** The default grace would keep a developer waiting at each Ctrl-C, and nobody would have noticed. */
    @Test
    void whereNobodyAsksWhetherItIsReadyThereIsNoGrace() {
        try (TestCluster unwatched = aCluster()
                .with("drain.grace", "20s")
                .with("drain.timeout", "30s")
                .start()) {
            long startNs = System.nanoTime();
            assertThat(unwatched.node().terminate()).isZero();
            assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(15_000);
        }
    }
}
