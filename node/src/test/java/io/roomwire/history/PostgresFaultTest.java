package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
            CompletionStage<Receipt> last = null;
            for (int i = 1; i <= 80; i++) {
                last = log.append(draft("m-" + i, large));
            }
            assertThatThrownBy(last.toCompletableFuture()::get).hasMessageContaining("64 MiB");
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
                .untilAsserted(() -> assertThat(get(log.open(room))).isEqualTo(head.at(2)));
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
}
