package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A standby is promoted, by real servers; its primary is dead, comes back, or lives on. */
class PostgresFailoverTest extends OnPostgres {
    private TestPostgres primary;
    private TestPostgres replica;
    private PostgresLog log;

    @BeforeEach
    void startBoth() {
        primary = DebianPostgres.start();
        replica = primary.replica();
        log = onBoth(primary, replica);
    }

    @AfterEach
    void stopBoth() {
        if (log != null) {
            log.close();
        }
        for (TestPostgres each : new TestPostgres[] {replica, primary}) {
            if (each != null) { // else there is no such server here
                each.close();
            }
        }
    }

    @Test
    void anOldPrimaryThatIsStartedAgainIsPassedOver() throws Exception {
        String epoch = failedOver();
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
        assertThat(storedSoon(log, "m-5").seq()).isEqualTo(5);
        assertThat(get(log.open(room)).before()).endsWith(new PastEpoch(epoch, 4, true));
    }

    @Test
    void whatAnOperatorSaysWasPutBackOnPurposeIsUsed() throws Exception {
        String epoch = failedOver();
        replica.stop();
        primary.startAgain();
        await().atMost(Duration.ofSeconds(20)).until(() -> !log.seenOlder().isEmpty());
        primary.execute("UPDATE roomwire.life SET server = ''");

        Receipt receipt = storedSoon(log, "m-3");
        assertThat(receipt.seq()).isEqualTo(2);
        assertThat(receipt.epoch()).isNotEqualTo(epoch);
        replica.startAgain();
    }

    @Test
    void aNodeThatStillReachesAnOldPrimaryHearsOfThePromotedOne() throws Exception {
        try (RedisProcess redis = RedisProcess.standalone();
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
        assertThat(get(log.read(room, Range.behind(2, 10))).head()).isEqualTo(new Head(3, receipt.epoch(), 2, before));
        assertThat(get(log.open(silent)))
                .isEqualTo(new Head(1, receipt.epoch(), 1, List.of(new PastEpoch(epoch, 1, true))));
        assertThat(get(log.open(never)))
                .isEqualTo(new Head(0, receipt.epoch(), 0, List.of(new PastEpoch(epoch, 0, true))));
        assertThat(get(log.append(draft(never, ALICE, "m-1", "1"))).seq()).isEqualTo(1);
        assertThat(get(log.open(never)))
                .isEqualTo(new Head(1, receipt.epoch(), 0, List.of(new PastEpoch(epoch, 0, true))));
    }

    @Test
    void anOldPrimaryThatLivesOnAndCanCommitNothingIsLeft() throws Exception {
        primary.waitForStandbys();
        get(log.append(draft("m-1", "1")));
        String epoch = get(log.open(room)).epoch();
        replica.promote();

        Receipt receipt = storedSoon(log, "m-2");
        assertThat(receipt.seq()).isEqualTo(2);
        assertThat(receipt.epoch()).isNotEqualTo(epoch);
        assertThat(get(log.open(room)).before()).containsExactly(new PastEpoch(epoch, 1, true));
    }

    @Test
    void aPromotedReplicaThatLaggedIsNotWhole() throws Exception {
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

    /** Two messages, the second on the replica, which was promoted; gives its epoch. */
    private String failedOver() throws Exception {
        get(log.append(draft("m-1", "1")));
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> hasSeq(replica, 1));
        primary.stop();
        replica.promote();
        return storedSoon(log, "m-2").epoch();
    }
}
