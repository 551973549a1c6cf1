package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.RoomId;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A database that came back behind what was acked. */
class PostgresLifeTest extends OnPostgres {
    @Test
    void aRoomBehindWhatWasAckedBeginsANewEpochBeforeASeqIsGivenTwice() throws Exception {
        Told told = new Told();
        PostgresLog log = log(postgres.config(20_000, WEEK_MS), told);
        String epoch = get(log.open(room)).epoch();
        for (int i = 1; i <= 5; i++) {
            get(log.append(draft("m-" + i, "1")));
        }
        postgres.execute("DELETE FROM roomwire.message WHERE room = '" + room
                + "' AND seq > 3; UPDATE roomwire.room_head" + " SET seq = 3 WHERE room = '" + room + "'");
        assertThat(get(log.append(draft("m-6", "6"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(4L, false);
        Head head = get(log.heads(List.of(room))).get(room);
        assertThat(head.seq()).isEqualTo(4);
        assertThat(head.epoch()).isNotEqualTo(epoch).startsWith(epoch + ".");
        assertThat(told.newEpochs).containsExactly(Map.entry(room, new Head(4, head.epoch())));
        assertThat(get(node().open(room))).as("on another node").isEqualTo(head);
        assertThat(get(log.append(draft("m-7", "7"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(5L, false);
        assertThat(get(log.open(room)).epoch()).as("once only").isEqualTo(head.epoch());
    }

    @Test
    void aRestoredBackupIsNoticedBeforeASeqIsGivenTwice() throws Exception {
        try (TestPostgres restored = new TestPostgres()) {
            PostgresLog log = log(restored.config(1000, WEEK_MS));
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            RoomId untouched = new RoomId(room + "-untouched");
            get(log.append(draft(untouched, ALICE, "m-1", "1")));
            RoomId younger = new RoomId(room + "-younger");
            stop(restored, log);
            Path backup = restored.backup();
            restored.startAgain();
            await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() == null);
            get(log.append(draft("m-2", "2")));
            get(log.append(draft(younger, ALICE, "m-1", "1")));
            stop(restored, log);
            restored.restore(backup);
            restored.startAgain();
            // a node that comes now knows nothing of what was lost, and may be the first to append
            PostgresLog fresh = log(restored.config(1000, WEEK_MS));
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    get(fresh.append(draft("m-3", "3"))).seq())
                            .isEqualTo(2));
            Head head = get(fresh.open(room));
            assertThat(head.epoch()).isNotEqualTo(epoch);
            assertThat(get(fresh.open(younger)))
                    .isEqualTo(new Head(0, head.epoch(), 0, List.of(new PastEpoch(epoch, 0, false))));
            assertThat(get(fresh.open(untouched)))
                    .isEqualTo(new Head(1, head.epoch(), 1, List.of(new PastEpoch(epoch, 1, false))));
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(get(log.open(room))).as("on all nodes").isEqualTo(head));
            log.close();
            fresh.close();
        }
    }

    @Test
    void aStandbyIsRefusedAndPromotedBeginsANewLife() throws Exception {
        try (TestPostgres standby = new TestPostgres()) {
            PostgresLog log = log(standby.config(1000, WEEK_MS));
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            standby.stop();
            standby.becomeStandby();
            standby.startAgain();
            assertThatThrownBy(() -> get(log.append(draft("m-2", "2"))))
                    .hasCauseInstanceOf(LogUnavailableException.class);
            await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() != null);
            standby.query("SELECT pg_promote()");
            await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() == null);
            assertThat(get(log.append(draft("m-2", "2"))))
                    .extracting(Receipt::seq, Receipt::duplicate)
                    .containsExactly(2L, false);
            Head head = get(log.open(room));
            assertThat(head.seq()).isEqualTo(2);
            assertThat(head.epoch()).isNotEqualTo(epoch).doesNotContain(".");
            log.close();
        }
    }

    @Test
    void anotherServerThanLastTimeBeginsANewLifeOfAllRooms() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        String epoch = get(log.open(room)).epoch();
        assertThat(get(node().open(room)).epoch()).isEqualTo(epoch);
        postgres.execute("UPDATE roomwire.life SET server = 'another'"); // as a promoted standby would find it
        Head head = get(node().open(room));
        assertThat(head.seq()).isEqualTo(1);
        assertThat(head.epoch()).isNotEqualTo(epoch);
    }

    @Test
    void aServerThatHasJustStartedWaitsUntilEveryNodeHasToldWhatItKnows() throws Exception {
        try (TestPostgres server = new TestPostgres()) {
            PostgresLog log = log(server.config(1000, WEEK_MS));
            get(log.append(draft("m-1", "1")));
            log.close();
            Life told = new Life(Life.NOWHERE);
            Life fresh = new Life(Life.NOWHERE);
            begin(told, server);
            String epoch = told.epoch();
            told.committed(placeAhead(server), epoch);
            server.stop();
            server.startAgain();

            assertThat(begin(fresh, server)).as("others may know more").isFalse();
            assertThat(begin(told, server))
                    .as("the server has not come as far as this node's last commit")
                    .isTrue();
            assertThat(told.epoch()).isNotEqualTo(epoch);
            assertThat(begin(fresh, server)).isTrue();
            assertThat(fresh.epoch()).isEqualTo(told.epoch());
        }
    }

    /** As a machine that is put back with its memory: the process is the same. */
    @Test
    void aServerThatWentBackWhileItRanBeginsANewLifeWhereSomebodyKnows() throws Exception {
        log(postgres.config(1000, WEEK_MS)); // makes the tables
        Life life = new Life(Life.NOWHERE);
        begin(life, postgres);
        String epoch = life.epoch();
        begin(life, postgres);
        assertThat(life.epoch()).isEqualTo(epoch);
        life.committed(placeAhead(postgres), epoch);

        assertThat(begin(life, postgres)).isTrue();
        assertThat(life.epoch()).isNotEqualTo(epoch);
        Life another = new Life(Life.NOWHERE);
        begin(another, postgres);
        assertThat(another.epoch()).isEqualTo(life.epoch());
    }

    private static long placeAhead(TestPostgres server) {
        return Long.parseLong(server.query("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")) + (64L << 20);
    }

    private static boolean begin(Life life, TestPostgres server) throws Exception {
        try (Connection connection = server.connect()) {
            return life.begin(connection, ServerState.of(connection, 5000));
        }
    }

    @Test
    void aReplicaThatLaggedBehindAcksBeginsANewLifeWhenItIsPromoted() throws Exception {
        try (TestPostgres primary = new TestPostgres();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            Head before = replicaLagsBehind(log, replica);
            primary.stop();
            replica.promote();

            awaitSeqGivenAgain(log);
            assertThat(get(log.open(room)).epoch()).isNotEqualTo(before.epoch());
        }
    }

    @Test
    void whatAnOldPrimaryStillSaysIsNotTakenForTheNewLife() throws Exception {
        try (TestPostgres primary = new TestPostgres();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            Head before = replicaLagsBehind(log, replica);
            assertThat(get(log.heads(List.of(room))).get(room).seq()).isEqualTo(3); // by a connection that stays open
            primary.execute("ALTER SYSTEM SET default_transaction_read_only = on");
            primary.query("SELECT pg_reload_conf()");
            replica.promote();
            primary.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roomwire'"
                    + " AND query LIKE '%window_by_clock%'");

            awaitSeqGivenAgain(log);
            Head after = get(log.heads(List.of(room))).get(room);
            assertThat(after.seq()).isEqualTo(2);
            assertThat(after.epoch()).isNotEqualTo(before.epoch());
        }
    }

    /** Two of three acked messages are on the primary alone; gives the head that both have. */
    private Head replicaLagsBehind(PostgresLog log, TestPostgres replica) throws Exception {
        get(log.append(draft("m-1", "1")));
        Head head = get(log.open(room));
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> replica.query("SELECT seq FROM roomwire.room_head WHERE room = '" + room + "'")
                        .equals("1"));
        replica.receiveNothingMore();
        get(log.append(draft("m-2", "2")));
        get(log.append(draft("m-3", "3")));
        return head;
    }

    private void awaitSeqGivenAgain(PostgresLog log) {
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(get(log.append(draft("m-4", "4"))).seq()).isEqualTo(2));
    }

    /** Stops the server, and waits until the log knows: only then what it says of itself later is news. */
    private static void stop(TestPostgres server, PostgresLog log) {
        server.stop();
        await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() != null);
    }
}
