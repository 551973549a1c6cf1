package io.roomwire.test.fault;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.Member;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.MortalPostgres;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What members get that were there when a log began a new epoch, or come back to it later. */
class NewEpochTest {
    private static final Duration HEALED = Duration.ofSeconds(30);
    private static final String KEY = "only-the-tests-know-this-key-no-1";

    private static void awaitRedis(TestCluster cluster) {
        await("the nodes have their Redis again")
                .atMost(HEALED)
                .until(() -> cluster.nodes().stream()
                        .allMatch(node -> node.health().get("redis").asText().equals("up")));
    }

    @Test
    void ofARedisThatKeptAllMembersGoOnWhereTheyWere() throws Exception {
        try (TestRedis redis = TestRedis.keeping();
                TestCluster cluster =
                        aCluster().nodes(2).with("redis.uri", redis.uri()).start()) {
            TestClient ada = TestClient.connect(cluster.node(0));
            String epoch = ada.join("kept", "ada").get("epoch");
            TestClient bob = TestClient.member(cluster.node(1), "kept", "bob");
            for (int i = 1; i <= 3; i++) {
                ada.broadcast("kept", i);
            }
            ada.next("broadcast", 3);
            bob.next("broadcast", 3);

            redis.kill();
            redis.restart();
            awaitRedis(cluster);
            ada.ignoreRest();
            Frame ack = ada.ask("broadcast", "room_id", "kept", "content", 4);

            assertThat(ack.seq()).isEqualTo(4);
            assertThat(ack.get("epoch")).as("not that of the sender's joined").isNotEqualTo(epoch);
            assertThat(bob.expectClose().code()).isEqualTo(4004);
            for (TestNode node : cluster.nodes()) {
                TestClient back = TestClient.connect(node);
                Frame joined = back.resume("kept", "bob", 3, epoch);
                assertThat(joined.get("epoch")).isEqualTo(ack.get("epoch"));
                assertThat(joined.number("resumed_after")).isEqualTo(3);
                assertThat(joined.seq()).isEqualTo(4);
                assertThat(back.next("broadcast").seq()).isEqualTo(4);
                back.close();
            }
        }
    }

    @Test
    void ofARedisThatKeptAllARestlessCrowdMissesNothing() throws Exception {
        try (TestRedis redis = TestRedis.keeping();
                TestCluster cluster = aCluster()
                        .nodes(2)
                        .with("redis.uri", redis.uri())
                        .with("redis-log.messages-per-room", 100_000)
                        .start()) {
            RestlessCrowd crowd = new RestlessCrowd(cluster, "crowd", System.nanoTime());
            Ledger.Report report = crowd.run(150, () -> {
                redis.kill();
                redis.restart();
            });
            assertThat(report.acked()).isEqualTo(900);
            assertThat(report.gaps()).isZero();
            assertThat(report.anew()).as("the test has tested something").isPositive();
        }
    }

    /** The one epoch is gone with the node; of the next a member gets all that was said before it was back. */
    @Test
    void ofANodeThatRestartedWithALogInMemoryMembersGetAllThatWasAckedSince() {
        try (TestCluster cluster =
                aCluster().environment("ROOMWIRE_OPS_KEYS", KEY).start()) {
            TestNode node = cluster.node();
            Ledger ledger = Ledger.ofALogThatMayLose();
            List<Member> members = adaAndBob(node, ledger);
            AtomicInteger said = new AtomicInteger();
            publish(node, said, 20);
            awaitLast(members, 20);

            node.kill();
            node.restart();
            publish(node, said, 40); // nobody waits until the members are back

            awaitLast(members, 40);
            assertThat(audited(node, ledger, members).anew())
                    .as("both were told")
                    .isEqualTo(2);
        }
    }

    /** Nobody says so, no node lives that knows, and there is no Redis. */
    @Test
    void ofAPostgresThatWasPutBackMembersGoOnAndNoSeqIsGivenTwice() {
        try (MortalPostgres postgres = MortalPostgres.start();
                TestCluster cluster = aCluster()
                        .jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC") // it starts three times
                        .with("postgres.uri", postgres.uri())
                        .environment("ROOMWIRE_OPS_KEYS", KEY)
                        .start()) {
            TestNode node = cluster.node();
            Ledger ledger = Ledger.ofALogThatMayLose();
            List<Member> members = adaAndBob(node, ledger);
            AtomicInteger said = new AtomicInteger();
            publish(node, said, 20);
            awaitLast(members, 20);
            node.kill();
            postgres.stop();
            Path backup = postgres.backup();
            postgres.restart();
            node.restart();
            publish(node, said, 30);
            awaitLast(members, 50);

            node.kill();
            postgres.stop();
            postgres.restore(backup);
            postgres.restart();
            node.restart();
            publish(node, said, 40); // at places that all were given before

            awaitLast(members, 60);
            assertThat(audited(node, ledger, members).anew())
                    .as("both were told, and of the restart before")
                    .isEqualTo(4);
            assertThat(members).allMatch(member -> member.unrecovered() == 2);
        }
    }

    private static List<Member> adaAndBob(TestNode node, Ledger ledger) {
        List<Member> members = List.of(
                new Member("ada", "published", node::clients, ledger),
                new Member("bob", "published", node::clients, ledger));
        members.forEach(member -> member.start().orTimeout(30, TimeUnit.SECONDS).join());
        return members;
    }

    /** As a back end does, which sends again what was not done. */
    private static void publish(TestNode node, AtomicInteger said, int messages) {
        for (int i = 0; i < messages; i++) {
            String body = "{\"room_id\":\"published\",\"content\":\"m-%1$d\",\"id\":\"m-%1$d\"}"
                    .formatted(said.incrementAndGet());
            await().atMost(HEALED)
                    .until(() -> node.api("/api/broadcast", KEY, body).statusCode() == 200);
        }
    }

    private static void awaitLast(List<Member> members, long seq) {
        await("the members have what is new")
                .atMost(HEALED)
                .until(() -> members.stream().allMatch(member -> member.last() == seq));
    }

    private static Ledger.Report audited(TestNode node, Ledger ledger, List<Member> members) {
        TestClient auditor = TestClient.connect(node).ignoreRest();
        Frame joined = auditor.join("published", "auditor");
        Ledger.View history = ledger.history();
        auditor.history("published", "limit", 500)
                .json()
                .get("messages")
                .forEach(message -> history.saw(
                        message.get("content").asText(),
                        joined.get("epoch"),
                        message.get("seq").asLong()));
        members.forEach(Member::stop);
        assertThat(history.highest()).isEqualTo(joined.seq());
        return ledger.assertKept();
    }

    /** Never below what the present epoch has: the client names what it saw, and that is void as far as the log lacks it. */
    @Test
    void whatOnlyTheMemberHasIsVoidAndToldSo() throws Exception {
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster = aCluster().with("redis.uri", redis.uri()).start()) {
            TestClient ada = TestClient.connect(cluster.node());
            String epoch = ada.join("lost", "ada").get("epoch");
            ada.broadcast("lost", "one");
            ada.broadcast("lost", "two");
            ada.next("broadcast", 2);
            redis.kill();
            redis.restart();
            awaitRedis(cluster);

            assertThat(ada.broadcast("lost", "other")).isEqualTo(1);
            assertThat(ada.expectClose().code()).isEqualTo(4004);
            TestClient back = TestClient.connect(cluster.node());
            Frame joined = back.resume("lost", "ada", 2, epoch);

            assertThat(joined.json().get("recovered").asBoolean()).isFalse();
            assertThat(joined.number("resumed_after")).isZero();
            assertThat(joined.number("uncertain_after")).isZero();
            assertThat(back.next("broadcast").content().asText()).isEqualTo("other");
            back.close();
        }
    }
}
