package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 3: whoever comes back with the last seq that it saw gets every later message once, or is told which are gone. */
class ExactlyOnceTest {
    private static final int KEPT = 10;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    @AutoClose
    private static final TestCluster FORGETFUL =
            aCluster().with("memory-log.messages-per-room", KEPT).start();

    @Test
    void membersThatComeAndGoUnderLoadSeeEverythingOnce() throws Exception {
        RestlessCrowd crowd = new RestlessCrowd(CLUSTER, "restless", System.nanoTime());
        Ledger.Report report = crowd.run(150, () -> {});
        assertThat(report.acked()).isEqualTo(900);
        assertThat(report.gaps())
                .as("nothing was dropped, so nothing may be called gone")
                .isZero();
        assertThat(crowd.unrecovered()).isZero();
    }

    @Test
    void whoMissedNothingGetsNothing() {
        TestClient ada = TestClient.member(CLUSTER.node(), "nothing", "ada");
        long seq = ada.broadcast("nothing", 1);
        ada.next("broadcast");
        String epoch = epoch(CLUSTER.node(), "nothing");
        TestClient back = TestClient.connect(CLUSTER.node());
        Frame joined = back.resume("nothing", "bob", seq, epoch);
        assertThat(joined.json().get("recovered").asBoolean()).isTrue();
        assertThat(joined.seq()).isEqualTo(seq);
        back.assertNothingUnread();
    }

    @Test
    void whatWasMissedComesBehindJoinedAndBeforeTheLiveFrames() {
        TestClient ada = TestClient.member(CLUSTER.node(), "missed", "ada");
        String epoch = epoch(CLUSTER.node(), "missed");
        for (int i = 1; i <= 700; i++) {
            ada.tell("broadcast", "room_id", "missed", "content", i);
        }
        List<String> first = texts(ada, 700);
        TestClient back = TestClient.connect(CLUSTER.node());
        back.send("{\"type\":\"join\",\"room_id\":\"missed\",\"user_id\":\"bob\",\"after\":3,\"epoch\":\"" + epoch
                + "\"}");
        for (int i = 701; i <= 710; i++) {
            ada.broadcast("missed", i);
        }
        assertThat(back.next("joined").json().get("recovered").asBoolean()).isTrue();
        List<String> missedAndLive = texts(back, 707);
        List<String> all = new ArrayList<>(first.subList(3, 700));
        all.addAll(texts(ada, 10));
        assertThat(missedAndLive).isEqualTo(all);
    }

    /** Also for one who never left: it asks for the same messages again, and gets those, not each twice. */
    @Test
    void joiningAgainWithAfterWhileBeingThereDoublesNothingLive() {
        TestClient ada = TestClient.member(CLUSTER.node(), "rejoin", "ada");
        String epoch = epoch(CLUSTER.node(), "rejoin");
        ada.broadcast("rejoin", 1);
        ada.broadcast("rejoin", 2);
        texts(ada, 2);
        ada.resume("rejoin", "ada", 1, epoch);
        assertThat(ada.next("broadcast").seq()).isEqualTo(2);
        ada.broadcast("rejoin", 3);
        assertThat(ada.next("broadcast").seq()).isEqualTo(3);
        ada.assertNothingUnread();
    }

    /** The resume takes several chunks; live messages that come meanwhile have to wait for their turn. */
    @Test
    void joiningAgainBehindManyMessagesKeepsTheOneOrder() {
        TestClient ada = TestClient.member(CLUSTER.node(), "rejoin-long", "ada").ignoreRest();
        TestClient bob = TestClient.member(CLUSTER.node(), "rejoin-long", "bob");
        String epoch = epoch(CLUSTER.node(), "rejoin-long");
        String padding = "x".repeat(500);
        for (int i = 1; i <= 600; i++) {
            ada.tell("broadcast", "room_id", "rejoin-long", "content", padding);
        }
        bob.next("broadcast", 600);
        bob.tell("join", "room_id", "rejoin-long", "after", 0, "epoch", epoch);
        for (int i = 601; i <= 900; i++) {
            ada.tell("broadcast", "room_id", "rejoin-long", "content", padding);
        }
        long last = 600;
        boolean joinedAgain = false;
        while (!joinedAgain || last < 900) {
            Frame frame = bob.next();
            if (frame.type().equals("joined")) {
                joinedAgain = true;
                last = 0;
            } else {
                assertThat(frame.seq()).isEqualTo(last + 1);
                last = frame.seq();
            }
        }
    }

    @Test
    void whatRetentionHasDroppedIsNamedByAGap() {
        TestNode node = FORGETFUL.node();
        TestClient ada = TestClient.member(node, "dropped", "ada");
        String epoch = epoch(node, "dropped");
        for (int i = 1; i <= 35; i++) {
            ada.broadcast("dropped", i);
        }
        texts(ada, 35);

        TestClient back = TestClient.connect(node);
        Frame joined = back.resume("dropped", "bob", 5, epoch);
        assertThat(joined.json().get("recovered").asBoolean()).isFalse();
        assertThat(joined.seq()).isEqualTo(35);
        assertThat(back.next("gap").text())
                .isEqualTo("{\"type\":\"gap\",\"room_id\":\"dropped\",\"from\":6,\"to\":25}");
        for (int seq = 26; seq <= 35; seq++) {
            assertThat(back.next("broadcast").seq()).isEqualTo(seq);
        }
        ada.broadcast("dropped", 36);
        assertThat(back.next("broadcast").seq()).isEqualTo(36);
        ada.next("broadcast");
    }

    @Test
    void whoMissedOnlyWhatIsStillKeptIsRecovered() {
        TestNode node = FORGETFUL.node();
        TestClient ada = TestClient.member(node, "kept", "ada");
        String epoch = epoch(node, "kept");
        for (int i = 1; i <= 35; i++) {
            ada.broadcast("kept", i);
        }
        texts(ada, 35);
        TestClient back = TestClient.connect(node);
        assertThat(back.resume("kept", "bob", 25, epoch).json().get("recovered").asBoolean())
                .isTrue();
        assertThat(texts(back, KEPT)).hasSize(KEPT);
    }

    @Test
    void anUnknownEpochIsToldAndGetsAllOfThePresentOne() {
        TestNode node = CLUSTER.node();
        TestClient ada = TestClient.member(node, "epoch", "ada");
        ada.broadcast("epoch", 1);
        ada.broadcast("epoch", 2);
        texts(ada, 2);
        TestClient back = TestClient.connect(node);
        Frame joined = back.resume("epoch", "bob", 1, "of another log");
        assertThat(joined.json().get("recovered").asBoolean()).isFalse();
        assertThat(joined.seq()).isEqualTo(2);
        assertThat(joined.number("resumed_after")).isZero();
        assertThat(joined.number("uncertain_after")).isZero();
        ada.broadcast("epoch", 3);
        assertThat(back.next("broadcast", 3)).extracting(Frame::seq).containsExactly(1L, 2L, 3L);
        texts(ada, 1);
    }

    @Test
    void aSeqThatTheLogNeverGaveIsNotRecoveredAndSendsNobodyAway() {
        TestClient bob = TestClient.member(CLUSTER.node(), "ahead", "bob");
        TestClient ada = TestClient.connect(CLUSTER.node());
        ada.join("ahead", "ada");
        Frame joined = ada.resume("ahead", "ada", 999, epoch(CLUSTER.node(), "ahead"));
        assertThat(joined.json().get("recovered").asBoolean()).isFalse();
        assertThat(joined.seq()).isZero();
        assertThat(joined.number("resumed_after")).isZero();
        ada.broadcast("ahead", 1);
        assertThat(ada.next("broadcast").seq()).isEqualTo(1);
        assertThat(bob.next("broadcast").seq()).isEqualTo(1);
        assertThat(epoch(CLUSTER.node(), "ahead")).isEqualTo(joined.get("epoch"));
    }

    /** A memory log dies with its node; the next one must not pass for it, though its seqs look alike. */
    @Test
    void aRestartedNodeBeginsAnotherEpoch() {
        TestNode node = FORGETFUL.node();
        TestClient ada = TestClient.member(node, "restart", "ada");
        String before = epoch(node, "restart");
        ada.broadcast("restart", 1);
        ada.next("broadcast");
        ada.ignoreRest();
        node.kill();
        node.restart();

        TestClient again = TestClient.connect(node);
        Frame joined = again.resume("restart", "ada", 1, before);
        assertThat(joined.json().get("recovered").asBoolean()).isFalse();
        assertThat(joined.get("epoch")).isNotEqualTo(before);
        assertThat(joined.seq()).isZero();
        assertThat(again.broadcast("restart", "new")).isEqualTo(1);
        again.next("broadcast");
    }

    private static String epoch(TestNode node, String room) {
        TestClient asking = TestClient.connect(node);
        String epoch = asking.join(room, "asking").get("epoch");
        asking.close();
        return epoch;
    }

    private static List<String> texts(TestClient client, int count) {
        return client.next("broadcast", count).stream().map(Frame::text).toList();
    }
}
