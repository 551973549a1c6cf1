package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which state of a database counts, by real servers: restored, promoted, and an old one that is started again. */
class PostgresLivesTest extends OnPostgres {
    @Test
    void aRestoreThatLostOneTransactionIsNoticedThoughItsNumberWasGivenAgain() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                PostgresLog log = log(server.config(1000, WEEK_MS))) {
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            server.stop();
            Path backup = server.backup();
            server.startAgain();
            storedSoon(log, "m-2");
            server.stop();
            server.restore(backup);
            server.startAgain();
            for (int i = 0; i < 50; i++) { // as whoever looks for the server does, and its other users
                server.query("SELECT pg_current_xact_id()");
            }

            assertThat(storedSoon(log, "m-3").seq()).isEqualTo(2);
            Head head = get(log.open(room));
            assertThat(head.epoch()).isNotEqualTo(epoch);
            assertThat(head.began()).isEqualTo(1);
            assertThat(head.before()).containsExactly(new PastEpoch(epoch, 1, false));
        }
    }

    @Test
    void aRestoreIsNoticedByANodeThatComesWhenAllOthersHaveEnded() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                RedisProcess redis = RedisProcess.standalone();
                RedisClients clients = new RedisClients(redis.config())) {
            clients.start();
            PostgresLog before = remembered(server, clients);
            get(before.append(draft("m-1", "1")));
            String epoch = get(before.open(room)).epoch();
            before.close();
            server.stop();
            Path backup = server.backup();
            server.startAgain();
            before = remembered(server, clients);
            assertThat(storedSoon(before, "m-2").epoch()).as("nothing was lost").isEqualTo(epoch);
            before.close();
            server.stop();
            server.restore(backup);
            server.startAgain();

            try (PostgresLog fresh = remembered(server, clients)) {
                Receipt receipt = storedSoon(fresh, "m-3");
                assertThat(receipt.seq()).isEqualTo(2);
                assertThat(receipt.epoch()).isNotEqualTo(epoch);
            }
        }
    }

    private static PostgresLog remembered(TestPostgres server, RedisClients clients) {
        PostgresLog log = new PostgresLog(server.config(1000, WEEK_MS), server.server(), clients, new Told());
        log.start();
        return log;
    }

    @Test
    void aCrashThatLostNothingBeginsNoNewEpoch() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                PostgresLog log = log(server.config(1000, WEEK_MS))) {
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            for (int i = 2; i <= 3; i++) {
                server.kill();
                await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() != null);
                server.startAgain();
                assertThat(storedSoon(log, "m-" + i)).isEqualTo(new Receipt(i, false, false, epoch));
            }
        }
    }

    @Test
    void anOldPrimaryThatIsStartedAgainIsPassedOver() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            String epoch = failedOver(primary, replica, log);
            assertThat(get(log.read(room, Range.behind(0, 10))).head().epoch()).isEqualTo(epoch);

            primary.startAgain(); // by its init system, and it is the first of the URL
            replica.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roomwire'");
            assertThat(storedSoon(log, "m-3")).isEqualTo(new Receipt(3, false, false, epoch));
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> get(log.open(room)) != null);
            for (int i = 0; i < 10; i++) {
                assertThat(seqsOf(get(log.read(room, Range.behind(0, 10))))).containsExactly(1L, 2L, 3L);
                assertThat(get(log.open(room)).epoch()).isEqualTo(epoch);
            }
            try (PostgresLog fresh = onBoth(primary, replica)) {
                assertThat(storedSoon(fresh, "m-4"))
                        .as("a node that comes now")
                        .isEqualTo(new Receipt(4, false, false, epoch));
            }
            replica.stop();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> log.downReason() != null && !log.seenOlder().isEmpty());
            assertThat(log.seenOlder()).contains("old primary").contains("UPDATE roomwire.life");
            replica.startAgain();
            assertThat(storedSoon(log, "m-5")).isEqualTo(new Receipt(5, false, false, epoch));
        }
    }

    @Test
    void whatAnOperatorSaysWasPutBackOnPurposeIsUsed() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            String epoch = failedOver(primary, replica, log);
            replica.stop();
            primary.startAgain();
            await().atMost(Duration.ofSeconds(20)).until(() -> !log.seenOlder().isEmpty());
            primary.execute("UPDATE roomwire.life SET server = ''");

            Receipt receipt = storedSoon(log, "m-3");
            assertThat(receipt.seq()).isEqualTo(2);
            assertThat(receipt.epoch()).isNotEqualTo(epoch);
            replica.startAgain();
        }
    }

    @Test
    void aNodeThatStillReachesAnOldPrimaryHearsOfThePromotedOne() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                RedisProcess redis = RedisProcess.standalone();
                RedisClients clients = new RedisClients(redis.config());
                RedisClients others = new RedisClients(redis.config())) {
            clients.start();
            others.start();
            try (PostgresLog cutOff = remembered(primary, clients)) {
                get(cutOff.append(draft("m-1", "1")));
                await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> hasSeq(replica, 1));
                replica.promote();
                try (PostgresLog other = remembered(replica, others)) {
                    storedSoon(other, "m-2");
                    await("the old primary is no longer written to")
                            .atMost(Duration.ofSeconds(20))
                            .until(() -> cutOff.downReason() != null);
                    assertThat(cutOff.downReason()).contains("old primary");
                }
            }
        }
    }

    @Test
    void aPromotedSynchronousStandbyHasAllAndSaysWhereTheEpochBeforeEnded() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            primary.waitForStandbys();
            RoomId silent = new RoomId(room + "-silent");
            RoomId never = new RoomId(room + "-never");
            get(log.append(draft("m-1", "1")));
            get(log.append(draft("m-2", "2")));
            get(log.append(draft(silent, ALICE, "m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            primary.kill();
            replica.promote();

            Receipt receipt = storedSoon(log, "m-3");
            assertThat(receipt.seq()).isEqualTo(3);
            List<PastEpoch> before = List.of(new PastEpoch(epoch, 2, true));
            assertThat(get(log.open(room))).isEqualTo(new Head(3, receipt.epoch(), 2, before));
            assertThat(get(log.read(room, Range.behind(2, 10))).head())
                    .isEqualTo(new Head(3, receipt.epoch(), 2, before));
            assertThat(get(log.open(silent)))
                    .isEqualTo(new Head(1, receipt.epoch(), 1, List.of(new PastEpoch(epoch, 1, true))));
            assertThat(get(log.open(never)))
                    .isEqualTo(new Head(0, receipt.epoch(), 0, List.of(new PastEpoch(epoch, 0, true))));
            assertThat(get(log.append(draft(never, ALICE, "m-1", "1"))).seq()).isEqualTo(1);
            assertThat(get(log.open(never)))
                    .isEqualTo(new Head(1, receipt.epoch(), 0, List.of(new PastEpoch(epoch, 0, true))));
        }
    }

    @Test
    void anOldPrimaryThatLivesOnAndCanCommitNothingIsLeft() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            primary.waitForStandbys();
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            replica.promote();

            Receipt receipt = storedSoon(log, "m-2");
            assertThat(receipt.seq()).isEqualTo(2);
            assertThat(receipt.epoch()).isNotEqualTo(epoch);
            assertThat(get(log.open(room)).before()).containsExactly(new PastEpoch(epoch, 1, true));
        }
    }

    @Test
    void aPromotedReplicaThatLaggedIsNotWhole() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            primary.waitForStandbys();
            get(log.append(draft("m-1", "1")));
            String epoch = get(log.open(room)).epoch();
            primary.execute("ALTER SYSTEM RESET synchronous_standby_names");
            primary.query("SELECT pg_reload_conf()");
            replica.receiveNothingMore();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> get(log.append(draft("m-2", "2"))).seq() == 2);
            primary.kill();
            replica.promote();

            assertThat(storedSoon(log, "m-3").seq()).isEqualTo(2);
            assertThat(get(log.open(room)).before()).containsExactly(new PastEpoch(epoch, 1, false));
        }
    }

    @Test
    void epochsOfARoomAndOfTheDatabaseFollowEachOther() throws Exception {
        PostgresLog log = log(postgres.config(20_000, WEEK_MS));
        for (int i = 1; i <= 5; i++) {
            get(log.append(draft("m-" + i, "1")));
        }
        String first = get(log.open(room)).epoch();
        postgres.execute("DELETE FROM roomwire.message WHERE room = '" + room + "' AND seq > 3;"
                + " UPDATE roomwire.room_head SET seq = 3 WHERE room = '" + room + "'");
        String second = get(log.append(draft("m-6", "6"))).epoch();
        postgres.execute("UPDATE roomwire.life SET server = ''");
        Head third = get(node().open(room));

        assertThat(second).startsWith(first + ".");
        assertThat(third.began()).isEqualTo(4);
        assertThat(third.before()).endsWith(new PastEpoch(first, 3, false), new PastEpoch(second, 4, false));
        assertThat(storedSoon(log, "m-7"))
                .as("a node that has not heard of it")
                .isEqualTo(new Receipt(5, false, false, third.epoch()));
        assertThat(get(log.open(room)).before())
                .endsWith(new PastEpoch(first, 3, false), new PastEpoch(second, 4, false));
    }

    /** Two messages, the second on the replica, which was promoted; gives its epoch. */
    private String failedOver(TestPostgres primary, TestPostgres replica, PostgresLog log) throws Exception {
        get(log.append(draft("m-1", "1")));
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> hasSeq(replica, 1));
        primary.stop();
        replica.promote();
        return storedSoon(log, "m-2").epoch();
    }

    private boolean hasSeq(TestPostgres server, long seq) {
        return server.query("SELECT seq FROM roomwire.room_head WHERE room = '" + room + "'")
                .equals(String.valueOf(seq));
    }

    private Receipt storedSoon(PostgresLog log, String id) {
        return await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> get(log.append(draft(id, "1"))), receipt -> true);
    }
}
