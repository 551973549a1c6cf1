package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** PostgreSQL lost, hanging, slow, full, restarted, restored, failed over. */
class PostgresFaultTest extends OnPostgres {
    @Test
    void oneMoreThanTheQueueHoldsIsUnavailableAtOnce() throws Exception {
        PostgresLog log = node(5, WEEK_MS);
        get(log.append(draft("m-0", "0")));
        postgres.signal("STOP");
        try {
            CompletionStage<Receipt> last = null;
            for (int i = 1; i <= 50; i++) {
                last = log.append(draft("m-" + i, "1"));
            }
            CompletableFuture<Receipt> full = last.toCompletableFuture();
            assertThat(full).isCompletedExceptionally();
            assertThatThrownBy(full::get).hasMessageContaining("postgres.queue");
        } finally {
            postgres.signal("CONT");
        }
    }

    @Test
    void largeMessagesDoNotFillTheHeapWhileTheServerHangs() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-0", "0")));
        postgres.signal("STOP");
        try {
            String large = '"' + "x".repeat(1 << 20) + '"';
            List<CompletionStage<Receipt>> asked = new ArrayList<>();
            for (int i = 1; i <= 80; i++) {
                asked.add(log.append(draft("m-" + i, large)));
            }
            assertThat(asked)
                    .as("not the last, where the first have timed out by then")
                    .anySatisfy(each ->
                            assertThatThrownBy(each.toCompletableFuture()::get).hasMessageContaining("64 MiB"));
        } finally {
            postgres.signal("CONT");
        }
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> get(log.append(draft("later", "1"))).seq() > 1);
    }

    @Test
    void appendsFailInTimeWhileTheServerHangsAndGoOnWhenItGoesOn() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-0", "0")));
        postgres.signal("STOP");
        try {
            for (int i = 0; i < 5; i++) {
                CompletionStage<Receipt> one = log.append(draft("m-1", "1"));
                long begun = System.nanoTime();
                assertThatThrownBy(() -> get(one)).hasCauseInstanceOf(LogUnavailableException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(2100));
            }
            assertThat(log.downReason()).isNotNull();
        } finally {
            postgres.signal("CONT");
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() == null);
        // the commit whose answer was lost may have been done: the id makes sending again safe
        assertThat(get(log.append(draft("m-1", "1"))).seq()).isEqualTo(2);
        assertThat(get(log.append(draft("m-2", "2"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(3L, false);
    }

    @Test
    void aStoppedServerIsToldOnceAndHealsByItself() throws Exception {
        Told told = new Told();
        PostgresLog log = log(postgres.config(20_000, WEEK_MS), told);
        get(log.append(draft("m-1", "1")));
        Head head = get(log.open(room));
        postgres.stop();
        try {
            for (int i = 0; i < 20; i++) {
                CompletionStage<Receipt> one = log.append(draft("m-2", "2"));
                long begun = System.nanoTime();
                assertThatThrownBy(() -> get(one)).hasCauseInstanceOf(LogUnavailableException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            }
            assertThatThrownBy(() -> get(log.read(room, Range.behind(0, 5))))
                    .hasCauseInstanceOf(LogUnavailableException.class);
            assertThat(told.downs).hasSize(1);
        } finally {
            postgres.startAgain();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() == null);
        assertThat(told.ups.get()).isEqualTo(2);
        assertThat(storedSoon(log, draft("m-2", "2")))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(2L, false);
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(get(log.open(room)).seq()).isEqualTo(2));
        assertThat(get(log.open(room)).before())
                .as("a process is a life, and the one before lacks nothing")
                .endsWith(new PastEpoch(head.epoch(), 1, true));
        assertThat(told.newEpochs).isEmpty();
    }

    @Test
    void aNodeStartsWithoutItsDatabaseAndFindsItLater() throws Exception {
        postgres.stop();
        PostgresLog log;
        try {
            log = node();
            assertThat(log.downReason()).contains("refused").doesNotContain("unused");
            assertThatThrownBy(() -> get(log.append(draft("m-1", "1"))))
                    .hasCauseInstanceOf(LogUnavailableException.class);
        } finally {
            postgres.startAgain();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> log.downReason() == null);
        assertThat(storedSoon(log, draft("m-1", "1")))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(1L, false);
    }

    /** One of two writers may be there a moment before the other. */
    private static Receipt storedSoon(PostgresLog log, Draft draft) {
        return await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> get(log.append(draft)), receipt -> true);
    }

    @Test
    void aServerThatMayLoseWhatItCommitsIsRefusedOrReported() throws Exception {
        try (TestPostgres weak = new TestPostgres("fsync", "off", "synchronous_commit", "off")) {
            Config.Postgres required = weak.config(100, WEEK_MS);
            assertThatThrownBy(() -> log(required))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("postgres.durability")
                    .hasMessageContaining("fsync=off, synchronous_commit=off");
            PostgresLog reporting = log(new Config.Postgres(
                    required.servers(), 1, 1, 2000, 100, WEEK_MS, List.of(), Config.Durability.REPORT, 300_000));
            assertThat(get(reporting.append(draft("m-1", "1"))).seq()).isEqualTo(1);
            assertThat(reporting.weakness()).isEqualTo("fsync=off, synchronous_commit=off");
            reporting.close();
        }
    }

    @Test
    void aFullDiskIsUnavailableAndLeavesNothingHalfDone() throws Exception {
        Told told = new Told();
        PostgresLog log = log(postgres.config(20_000, WEEK_MS), told);
        get(log.append(draft("m-1", "1")));
        int before = told.downs.size();
        Head head = get(log.open(room));
        postgres.execute("""
                CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER no_space BEFORE INSERT ON roomwire.message FOR EACH ROW EXECUTE FUNCTION no_space()""");
        try {
            assertThatThrownBy(() -> get(log.append(draft("m-2", "2"))))
                    .hasCauseInstanceOf(LogUnavailableException.class)
                    .hasMessageContaining("No space left");
            assertThat(get(log.open(room))).as("reading goes on").isEqualTo(head);
            await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(20)).until(() -> {
                assertThatThrownBy(() -> get(log.append(draft("m-2", "2")))).hasMessageContaining("No space left");
                return told.downs.size() == before + 1 && log.downReason() != null;
            });
        } finally {
            postgres.execute("DROP FUNCTION no_space CASCADE");
        }
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(get(log.append(draft("m-2", "2"))).seq()).isEqualTo(2));
        assertThat(get(log.open(room))).isEqualTo(head.at(2));
        assertThat(told.downs).isNotEmpty();
        assertThat(told.newEpochs).isEmpty();
    }

    @Test
    void aServerThatIsTooSlowIsUnavailableInTimeAndLeavesNothingHalfDone() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        try (Connection other = postgres.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE roomwire.room_head IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < 3; i++) {
                CompletionStage<Receipt> one = log.append(draft("m-2", "2"));
                long begun = System.nanoTime();
                assertThatThrownBy(() -> get(one)).hasCauseInstanceOf(LogUnavailableException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(2100));
            }
            other.rollback();
        }
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(get(log.append(draft("m-2", "2"))))
                        .as("the server gave up what the node had given up")
                        .extracting(Receipt::seq, Receipt::duplicate)
                        .containsExactly(2L, false));
    }

    /** Which server processes the writers have. */
    private static String writers() {
        return postgres.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'roomwire'"
                + " AND query LIKE '%window_by_clock%' ORDER BY pid");
    }

    @Test
    void aServerIsNotGivenMoreToDoByBeingSlow() throws Exception {
        PostgresLog log = node();
        for (int i = 0; i < 20; i++) { // so that both writers have written
            get(log.append(draft(new RoomId("slow-" + i), ALICE, "m-0", "0")));
        }
        String before = writers();
        assertThat(before.lines()).hasSize(2);
        try (Connection other = postgres.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE roomwire.room_head IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < 6; i++) {
                CompletionStage<Receipt> one = log.append(draft(new RoomId("slow-" + i), ALICE, "m-1", "1"));
                assertThatThrownBy(() -> get(one)).hasCauseInstanceOf(LogUnavailableException.class);
            }
            assertThat(log.downReason()).contains("statement timeout");
            other.rollback();
        }
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            for (int i = 0; i < 6; i++) { // of both writers: the log is up when each of them stores
                RoomId room = new RoomId("slow-" + i);
                assertThat(get(log.append(draft(room, ALICE, "m-2", "2"))).seq())
                        .isEqualTo(2);
            }
        });
        assertThat(log.downReason()).isNull();
        assertThat(writers()).as("no connection was made anew").isEqualTo(before);
    }

    @Test
    void aServerThatTakesNoMessageIsDownThoughItAnswers() throws Exception {
        Told told = new Told();
        PostgresLog log = log(postgres.config(20_000, WEEK_MS), told);
        get(log.append(draft("m-1", "1")));
        postgres.execute("ALTER TABLE roomwire.message ADD CONSTRAINT refuse_all CHECK (false) NOT VALID");
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                assertThatThrownBy(() -> get(log.append(draft("m-2", "2")))).hasMessageContaining("refuse_all");
                return log.downReason() != null;
            });
            assertThat(told.downs).singleElement().asString().contains("refuse_all");
        } finally {
            postgres.execute("ALTER TABLE roomwire.message DROP CONSTRAINT refuse_all");
        }
        assertThat(get(log.append(draft("m-2", "2"))).seq()).isEqualTo(2);
        assertThat(log.downReason()).isNull();
    }

    @Test
    void aPartitionThatIsMissingIsMadeAtOnce() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        postgres.execute("""
                DO $$ DECLARE part regclass; BEGIN
                    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'roomwire.message'::regclass
                    LOOP EXECUTE 'DROP TABLE ' || part; END LOOP;
                END $$""");
        await().atMost(Duration.ofSeconds(20)) // the upkeep comes once a minute by itself
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(get(log.append(draft("m-2", "2"))).seq()).isEqualTo(2));
        assertThat(log.downReason()).isNull();
    }

    @Test
    void partitionsAreMadeAndDroppedBesideADump() throws Exception {
        try (TestPostgres fresh = new TestPostgres()) {
            PostgresLog log = log(fresh.config(1000, TimeUnit.SECONDS.toMillis(7))); // partitions of 10 s, the least
            get(log.append(draft("m-1", "1")));
            String first =
                    fresh.query("SELECT min(relname) FROM pg_class WHERE relname LIKE 'message_0_%' AND relkind = 'r'");
            String newest = newestPartition(fresh);
            try (Connection dump = fresh.connect();
                    Statement statement = dump.createStatement()) {
                dump.setAutoCommit(false);
                dump.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                assertThat(seenBy(statement)).isEqualTo(1);
                await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                    log.keepPartitions();
                    assertThat(newestPartition(fresh)).as("made beside it").isNotEqualTo(newest);
                    assertThat(fresh.query("SELECT 1 FROM pg_inherits WHERE inhrelid = 'roomwire." + first
                                    + "'::regclass AND NOT inhdetachpending"))
                            .as("taken out beside it")
                            .isEmpty();
                });
                assertThat(get(log.append(draft("m-2", "2"))).seq()).isEqualTo(2);
                assertThat(get(log.read(room, Range.behind(0, 5))).oldest()).isEqualTo(2);
                assertThat(seenBy(statement)).as("the dump sees what it saw").isEqualTo(1);
                dump.commit();
            }
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                log.keepPartitions();
                assertThat(fresh.query("SELECT 1 FROM pg_class WHERE relname = '" + first + "'"))
                        .isEmpty();
            });
            log.close();
        }
    }

    private static int seenBy(Statement dump) throws SQLException {
        try (ResultSet row = dump.executeQuery("SELECT count(*) FROM roomwire.message")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static String newestPartition(TestPostgres server) {
        return server.query("SELECT max(split_part(relname, '_', 3)::bigint) FROM pg_class"
                + " WHERE relname ~ '^message_[0-9]+_[0-9]+$'");
    }
}
