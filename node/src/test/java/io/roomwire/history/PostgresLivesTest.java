package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.nio.file.Path;
import java.time.Duration;
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
