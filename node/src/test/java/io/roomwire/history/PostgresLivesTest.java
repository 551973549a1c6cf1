package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which state of a database counts, by real servers that are restored or started again. */
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
            storedSoon(before, "m-2");
            assertThat(get(before.open(room)).before())
                    .as("Redis says that nothing was lost")
                    .containsExactly(new PastEpoch(epoch, 1, true));
            before.close();
            server.stop();
            server.restore(backup);
            server.startAgain();

            try (PostgresLog fresh = remembered(server, clients)) {
                assertThat(storedSoon(fresh, "m-3").seq()).isEqualTo(2);
                Head head = get(fresh.open(room));
                assertThat(head.epoch()).isNotEqualTo(epoch);
                assertThat(head.before()).containsExactly(new PastEpoch(epoch, 1, false));
            }
        }
    }

    /** As when a machine that has both is put back: Redis remembers what it knew then, and so says nothing. */
    @Test
    void aRedisThatWasStartedAgainTooSaysNotThatNothingWasLost() throws Exception {
        int port = RedisProcess.freePort();
        String directory = Files.createTempDirectory("roomwire-redis").toString();
        String[] keeping = {"--appendonly", "yes", "--appendfsync", "always", "--dir", directory};
        try (TestPostgres server = DebianPostgres.start();
                RedisProcess redis = RedisProcess.with(port, keeping);
                RedisClients clients = new RedisClients(redis.config())) {
            clients.start();
            PostgresLog before = remembered(server, clients);
            get(before.append(draft("m-1", "1")));
            String epoch = get(before.open(room)).epoch();
            before.close();
            server.stop();
            redis.restart();
            server.startAgain();

            PostgresLog fresh = remembered(server, clients);
            Receipt again = storedSoon(fresh, "m-2");
            assertThat(get(fresh.open(room)).before()).containsExactly(new PastEpoch(epoch, 1, false));
            redis.restart();
            storedSoon(fresh, "m-3");
            await("a node that was there tells it once more")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> remembers(redis).endsWith(redis.info("replication", "master_replid")));
            fresh.close();
            server.stop();
            server.startAgain();
            try (PostgresLog later = remembered(server, clients)) {
                storedSoon(later, "m-4");
                assertThat(get(later.open(room)).before())
                        .containsExactly(new PastEpoch(epoch, 1, false), new PastEpoch(again.epoch(), 3, true));
            }
        }
    }

    private static String remembers(RedisProcess redis) {
        return redis.ask(commands -> commands.get(commands.keys("rw:d:*").get(0)));
    }

    @Test
    void aCrashThatLostNothingIsAnotherEpochWhereSomethingIsWritten() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                PostgresLog log = log(server.config(1000, WEEK_MS))) {
            RoomId silent = new RoomId(room + "-silent");
            get(log.append(draft("m-1", "1")));
            get(log.append(draft(silent, ALICE, "m-1", "1")));
            Head quiet = get(log.open(silent));
            List<PastEpoch> before = new ArrayList<>();
            for (int i = 2; i <= 3; i++) {
                before.add(new PastEpoch(get(log.open(room)).epoch(), i - 1L, true));
                server.kill();
                await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() != null);
                server.startAgain();
                String epoch = storedSoon(log, "m-" + i).epoch();
                assertThat(get(log.open(room))).isEqualTo(new Head(i, epoch, i - 1L, before));
                assertThat(get(log.open(silent))).isEqualTo(quiet);
                assertThat(get(log.read(silent, Range.behind(0, 9))).head()).isEqualTo(quiet);
            }
            String epoch = get(log.append(draft(silent, ALICE, "m-2", "2"))).epoch();
            assertThat(get(log.open(silent)))
                    .as("it was in no epoch between these")
                    .isEqualTo(new Head(2, epoch, 1, List.of(new PastEpoch(quiet.epoch(), 1, true))));
        }
    }

    @Test
    void ofACrashWithoutAnybodyWhoWasThereNobodyKnowsWhetherItLostSomething() throws Exception {
        try (TestPostgres server = DebianPostgres.start()) {
            PostgresLog log = log(server.config(1000, WEEK_MS));
            get(log.append(draft("m-1", "1")));
            Head head = get(log.open(room));
            log.close();
            server.kill();
            server.startAgain();

            PostgresLog fresh = log(server.config(1000, WEEK_MS));
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> get(fresh.open(room)) != null);
            Head now = get(fresh.open(room));
            assertThat(now.epoch()).as("a room in which nobody writes too").isNotEqualTo(head.epoch());
            assertThat(now.before()).containsExactly(new PastEpoch(head.epoch(), 1, false));
            assertThat(storedSoon(fresh, "m-2")).isEqualTo(new Receipt(2, false, false, now.epoch()));
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
}
