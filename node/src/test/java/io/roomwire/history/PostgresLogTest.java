package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.KeptMessages;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class PostgresLogTest {
    private static final UserId ALICE = new UserId("alice");
    private static final long WEEK_MS = TimeUnit.DAYS.toMillis(7);
    private static final AtomicInteger ROOMS = new AtomicInteger();

    private static TestPostgres postgres;

    private final List<PostgresLog> opened = new ArrayList<>();
    private RoomId room;

    @BeforeAll
    static void startServer() {
        postgres = new TestPostgres();
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void freshRoom() {
        room = new RoomId("room-" + ROOMS.incrementAndGet());
    }

    @AfterEach
    void closeLogs() {
        opened.forEach(PostgresLog::close);
    }

    @Test
    void writersOnTwoNodesGetSeqsWithoutHolesInEveryRoomAndMeetNoDeadlock() throws Exception {
        List<PostgresLog> nodes = List.of(node(), node());
        List<RoomId> rooms = IntStream.range(0, 5)
                .mapToObj(i -> new RoomId(room + "-" + (char) ('e' - i)))
                .toList();
        int writers = 8;
        int messages = 500;
        Map<RoomId, List<Long>> seqs = new HashMap<>();
        rooms.forEach(each -> seqs.put(each, Collections.synchronizedList(new ArrayList<>())));
        List<Thread> threads = new ArrayList<>();
        List<CompletableFuture<?>> acks = Collections.synchronizedList(new ArrayList<>());
        for (int w = 0; w < writers; w++) {
            PostgresLog node = nodes.get(w % nodes.size());
            UserId sender = new UserId("writer-" + w);
            int first = w;
            threads.add(new Thread(() -> {
                for (int i = 0; i < messages; i++) {
                    // half of the writers walk through the rooms the other way round
                    RoomId to = rooms.get(Math.floorMod(first % 4 < 2 ? i : -i, rooms.size()));
                    acks.add(node.append(draft(to, sender, "m-" + i, "\"" + i + "\""))
                            .thenAccept(receipt -> seqs.get(to).add(receipt.seq()))
                            .toCompletableFuture());
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        for (CompletableFuture<?> ack : acks) {
            ack.get(30, TimeUnit.SECONDS);
        }
        for (RoomId each : rooms) {
            int count = writers * messages / rooms.size();
            assertThat(seqs.get(each))
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(1, count).boxed().toList());
            Page stored = get(nodes.get(0).read(each, Range.behind(0, 10_000)));
            assertThat(seqsOf(stored))
                    .isEqualTo(LongStream.rangeClosed(1, count).boxed().toList());
            assertThat(stored.head().seq()).isEqualTo(count);
            Map<UserId, Integer> last = new HashMap<>();
            for (Message message : stored.messages()) {
                int number = Integer.parseInt(message.id().substring(2));
                Integer before = last.put(message.sender(), number);
                assertThat(before == null || before < number)
                        .as("%s in %s: %s before %s", message.sender(), each, before, number)
                        .isTrue();
            }
        }
        assertThat(postgres.query("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"))
                .isEqualTo("0");
    }

    @Test
    void theSameIdIsStoredOnceWhereverItIsSentAgain() throws Exception {
        PostgresLog one = node();
        PostgresLog other = node();
        List<CompletionStage<Receipt>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(one.append(draft("m-1", "1")));
            all.add(other.append(draft("m-1", "1")));
        }
        Set<Long> places = new HashSet<>();
        int stored = 0;
        for (CompletionStage<Receipt> each : all) {
            places.add(get(each).seq());
            stored += get(each).duplicate() ? 0 : 1;
        }
        assertThat(places).containsExactly(1L);
        assertThat(stored).isEqualTo(1);
        assertThat(get(one.append(draft(room, new UserId("bob"), "m-1", "2"))))
                .as("another sender's")
                .isEqualTo(new Receipt(2, false, false));
        assertThat(get(one.append(draft(new RoomId(room + "-b"), ALICE, "m-1", "3"))))
                .as("another room's")
                .isEqualTo(new Receipt(1, false, false));
        assertThat(get(one.append(draft(null, "4")))).isEqualTo(new Receipt(3, false, false));
        assertThat(get(one.append(draft(null, "4")))).as("without an id").isEqualTo(new Receipt(4, false, false));
    }

    @Test
    void anIdMayComeAgainAfterItsWindow() throws Exception {
        PostgresLog log = node();
        assertThat(get(log.append(draft("m-1", "1")))).isEqualTo(new Receipt(1, false, false));
        postgres.execute(
                "UPDATE roomwire.message SET stored = stored - interval '6 minutes' WHERE room = '" + room + "'");
        assertThat(get(log.append(draft("m-1", "1")))).isEqualTo(new Receipt(2, false, false));
    }

    @Test
    void pagesGoBothWaysAndKeepTheContentByteForByte() throws Exception {
        PostgresLog log = node();
        String content = "{ \"b\" : 1.50, \"a\":\"\\u00e9\u00e9\\u0000\" ,\"a\":[ ]}";
        for (int i = 1; i <= 10; i++) {
            get(log.append(draft("m-" + i, i == 7 ? content : String.valueOf(i))));
        }
        assertThat(seqsOf(get(log.read(room, Range.behind(3, 4))))).containsExactly(4L, 5L, 6L, 7L);
        assertThat(seqsOf(get(log.read(room, Range.upTo(9, 3))))).containsExactly(6L, 7L, 8L);
        assertThat(seqsOf(get(log.read(room, new Range(2, 5, 50, true))))).containsExactly(3L, 4L);
        assertThat(seqsOf(get(log.read(room, new Range(2, 6, 2, false))))).containsExactly(4L, 5L);
        Page empty = get(log.read(room, Range.behind(10, 5)));
        assertThat(empty.messages()).isEmpty();
        assertThat(empty.oldest()).isEqualTo(1);
        assertThat(empty.head().seq()).isEqualTo(10);
        Message seventh = get(log.read(room, Range.behind(6, 1))).messages().get(0);
        assertThat(new String(seventh.content(), UTF_8)).isEqualTo(content);
        assertThat(seventh.id()).isEqualTo("m-7");
        assertThat(seventh.sender()).isEqualTo(ALICE);
        assertThat(seventh.ts()).isEqualTo(1234);
    }

    @Test
    void anUnknownRoomHasTheHeadThatItsFirstMessageFollows() throws Exception {
        PostgresLog log = node();
        Head before = get(log.open(room));
        assertThat(before.seq()).isZero();
        assertThat(get(log.heads(List.of(room)))).isEmpty();
        Page page = get(log.read(room, Range.behind(0, 5)));
        assertThat(page.head()).isEqualTo(before);
        assertThat(page.oldest()).isEqualTo(1);
        get(log.append(draft("m-1", "1")));
        assertThat(get(log.heads(List.of(room)))).containsExactly(Map.entry(room, new Head(1, before.epoch())));
        assertThat(get(node().open(room))).isEqualTo(new Head(1, before.epoch()));
    }

    @Test
    void roomsOpenedTogetherEachGetTheirOwnHead() throws Exception {
        PostgresLog log = node();
        List<CompletionStage<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            for (int n = 0; n < i; n++) {
                receipts.add(log.append(draft(new RoomId(room + "-" + i), ALICE, null, "1")));
            }
        }
        for (CompletionStage<Receipt> each : receipts) {
            get(each);
        }
        List<CompletionStage<Head>> heads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            heads.add(log.open(new RoomId(room + "-" + i)));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(get(heads.get(i)).seq()).isEqualTo(i);
        }
    }

    @Test
    void aDraftThatCannotBeStoredFailsAlone() throws Exception {
        PostgresLog log = node();
        List<CompletionStage<Receipt>> good = new ArrayList<>();
        List<CompletionStage<Receipt>> bad = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            good.add(log.append(draft("m-" + i, "1")));
            if (i % 10 == 5) {
                bad.add(log.append(draft("nul\u0000", "1")));
            }
        }
        Set<Long> seqs = new HashSet<>();
        for (CompletionStage<Receipt> each : good) {
            seqs.add(get(each).seq());
        }
        assertThat(seqs).hasSize(40).contains(1L, 40L);
        for (CompletionStage<Receipt> each : bad) {
            assertThatThrownBy(() -> get(each)).hasCauseInstanceOf(LogUnavailableException.class);
        }
        assertThat(log.downReason()).isNull();
    }

    @Test
    void theEdgeIsToldAfterAPartitionIsDropped() throws Exception {
        PostgresLog log = node(20_000, WEEK_MS);
        for (int i = 1; i <= 6; i++) {
            get(log.append(draft("m-" + i, String.valueOf(i))));
        }
        // as if the first four were eight days old: a partition that is past its age holds them
        postgres.execute("""
                DO $$
                DECLARE
                    first text; bound bigint; cut bigint := extract(epoch FROM now())::bigint - 8 * 86400;
                BEGIN
                    SELECT c.relname, split_part(c.relname, '_', 3)::bigint INTO first, bound
                    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'roomwire.message'::regclass ORDER BY 2 LIMIT 1;
                    EXECUTE format('ALTER TABLE roomwire.message DETACH PARTITION roomwire.%I', first);
                    EXECUTE format('CREATE TABLE roomwire.message_0_%s PARTITION OF roomwire.message
                        FOR VALUES FROM (MINVALUE) TO (to_timestamp(%s))', cut, cut);
                    EXECUTE format('CREATE TABLE roomwire.message_%s_%s PARTITION OF roomwire.message
                        FOR VALUES FROM (to_timestamp(%s)) TO (to_timestamp(%s))', cut, bound, cut, bound);
                    EXECUTE format('INSERT INTO roomwire.message SELECT * FROM roomwire.%I', first);
                    EXECUTE format('DROP TABLE roomwire.%I', first);
                END $$""");
        postgres.execute("UPDATE roomwire.message SET stored = stored - interval '9 days' WHERE room = '" + room
                + "' AND seq <= 4");
        assertThat(get(log.read(room, Range.behind(0, 9))).oldest()).isEqualTo(1);

        log.keepPartitions();

        Page page = get(log.read(room, Range.behind(0, 9)));
        assertThat(page.oldest()).isEqualTo(5);
        assertThat(seqsOf(page)).containsExactly(5L, 6L);
        assertThat(page.head().seq()).isEqualTo(6);
        assertThat(get(log.append(draft("m-7", "7")))).isEqualTo(new Receipt(7, false, false));
    }

    @Test
    void partitionsAreMadeAheadByOneNodeAtATime() throws Exception {
        PostgresLog log = node();
        PostgresLog other = node();
        CompletableFuture<Void> both = CompletableFuture.allOf(
                CompletableFuture.runAsync(log::keepPartitions), CompletableFuture.runAsync(other::keepPartitions));
        both.get(10, TimeUnit.SECONDS);
        String ahead = postgres.query(
                "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent ="
                        + " 'roomwire.message'::regclass AND split_part(c.relname, '_', 2)::bigint > extract(epoch FROM now())");
        assertThat(Integer.parseInt(ahead)).isBetween(3, 5);
    }

    @Test
    void aRoomShowsOnlyAsManyMessagesAsItsPrefixKeeps() throws Exception {
        PostgresLog log = log(postgres.config(20_000, WEEK_MS, new KeptMessages(room.text(), 3)));
        for (int i = 1; i <= 8; i++) {
            get(log.append(draft("m-" + i, String.valueOf(i))));
        }
        Page page = get(log.read(room, Range.behind(0, 9)));
        assertThat(seqsOf(page)).containsExactly(6L, 7L, 8L);
        assertThat(page.oldest()).isEqualTo(6);
        assertThat(seqsOf(get(log.read(room, Range.upTo(8, 9))))).containsExactly(6L, 7L);
    }

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
        await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() == null);
        // the commit whose answer was lost may have been done: the id makes sending again safe
        assertThat(get(log.append(draft("m-1", "1"))).seq()).isEqualTo(2);
        assertThat(get(log.append(draft("m-2", "2")))).isEqualTo(new Receipt(3, false, false));
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
        await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() == null);
        assertThat(told.ups.get()).isEqualTo(2);
        assertThat(get(log.append(draft("m-2", "2")))).isEqualTo(new Receipt(2, false, false));
        await().atMost(Duration.ofSeconds(5))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(get(log.open(room))).isEqualTo(new Head(2, head.epoch())));
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
        await().atMost(Duration.ofSeconds(10)).until(() -> log.downReason() == null);
        assertThat(get(log.append(draft("m-1", "1")))).isEqualTo(new Receipt(1, false, false));
    }

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
        assertThat(get(log.append(draft("m-6", "6")))).isEqualTo(new Receipt(4, false, false));
        Head head = get(log.heads(List.of(room))).get(room);
        assertThat(head.seq()).isEqualTo(4);
        assertThat(head.epoch()).isNotEqualTo(epoch).startsWith(epoch + ".");
        assertThat(told.newEpochs).containsExactly(Map.entry(room, head));
        assertThat(get(node().open(room))).as("on another node").isEqualTo(head);
        assertThat(get(log.append(draft("m-7", "7")))).isEqualTo(new Receipt(5, false, false));
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
            await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() == null);
            get(log.append(draft("m-2", "2")));
            get(log.append(draft(younger, ALICE, "m-1", "1")));
            stop(restored, log);
            restored.restore(backup);
            restored.startAgain();
            await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() == null);
            // another node that comes now knows nothing of what was lost
            PostgresLog fresh = log(restored.config(1000, WEEK_MS));
            assertThat(get(fresh.append(draft("m-3", "3")))).isEqualTo(new Receipt(2, false, false));
            assertThat(get(fresh.open(room)).epoch()).startsWith(epoch + ".");
            assertThat(get(fresh.open(younger)).epoch()).startsWith(epoch + ".");
            assertThat(get(fresh.open(untouched))).isEqualTo(new Head(1, epoch));
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
            await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() != null);
            standby.query("SELECT pg_promote()");
            await().atMost(Duration.ofSeconds(10)).until(() -> log.downReason() == null);
            assertThat(get(log.append(draft("m-2", "2")))).isEqualTo(new Receipt(2, false, false));
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
    void aPageIsReadByIndexAlone() throws Exception {
        get(node().append(draft("m-1", "1")));
        postgres.execute(
                "INSERT INTO roomwire.message SELECT 'plan-' || n % 5, n / 5 + 1, now(), 1, 'alice', 'm-' || n,"
                        + " '\\x31' FROM generate_series(0, 49999) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'plan-' || n, 10000 FROM generate_series(0, 4) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'other-' || n, 1 FROM generate_series(0, 4999) n");
        postgres.execute("ANALYZE roomwire.message; ANALYZE roomwire.room_head");
        Database database = new Database(postgres.config(1, WEEK_MS), postgres.server());
        database.schemaIsReady();
        try (Connection connection = database.connect()) {
            for (String sql : List.of(PageReader.FORWARD, PageReader.BACKWARD)) {
                String plan = plan(connection, sql);
                assertThat(plan)
                        .contains("Index Only Scan")
                        .contains("Index Scan")
                        .doesNotContain("Seq Scan", "Bitmap", "Sort Method");
                int rows = plan.indexOf("m_6"); // the second scan of the partition in use, by the page
                assertThat(plan.indexOf("rows=51.00", rows) > 0 || plan.indexOf("rows=50.00", rows) > 0)
                        .as("no more rows read than shown: %s", plan)
                        .isTrue();
            }
        }
    }

    private static String plan(Connection connection, String sql) throws SQLException {
        try (PreparedStatement explain = connection.prepareStatement("EXPLAIN ANALYZE " + sql)) {
            PageReader.bind(explain, new RoomId("plan-3"), new Range(2000, 9000, 50, true), Long.MAX_VALUE);
            try (ResultSet rows = explain.executeQuery()) {
                StringBuilder plan = new StringBuilder();
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
                return plan.toString();
            }
        }
    }

    @Test
    void aPlanMadeWhileTheTablesWereEmptyStillServesALongRoom() throws Exception {
        try (TestPostgres fresh = new TestPostgres()) {
            PostgresLog log = log(fresh.config(20_000, WEEK_MS));
            get(log.append(draft("m-0", "0")));
            fresh.execute("INSERT INTO roomwire.message SELECT '" + room
                    + "', n, clock_timestamp(), 1, 'alice', 'm-' || n," + " '\\x31' FROM generate_series(2, 200000) n");
            fresh.execute("UPDATE roomwire.room_head SET seq = 200000, stored = clock_timestamp()");
            List<CompletionStage<Receipt>> again = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                again.add(log.append(draft(i % 2 == 0 ? "new-" + i : "m-" + (i + 1), "1")));
            }
            for (int i = 0; i < 2000; i++) {
                Receipt receipt = get(again.get(i));
                assertThat(receipt)
                        .isEqualTo(
                                i % 2 == 0
                                        ? new Receipt(200_001 + i / 2, false, false)
                                        : new Receipt(i + 1, true, false));
            }
            log.close();
        }
    }

    @Test
    void equalReadsThatWaitAreOneQuery() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        List<CompletionStage<Page>> pages = new ArrayList<>();
        postgres.signal("STOP");
        try {
            for (int i = 0; i < 1000; i++) {
                pages.add(log.read(room, Range.behind(0, 50)));
            }
        } finally {
            postgres.signal("CONT");
        }
        for (CompletionStage<Page> page : pages) {
            assertThat(seqsOf(get(page))).containsExactly(1L);
        }
        assertThat(new HashSet<>(pages)).hasSizeLessThan(10);
    }

    /** Stops the server, and waits until the log knows: only then what it says of itself later is news. */
    private static void stop(TestPostgres server, PostgresLog log) {
        server.stop();
        await().atMost(Duration.ofSeconds(5)).until(() -> log.downReason() != null);
    }

    private PostgresLog node() {
        return node(20_000, WEEK_MS);
    }

    private PostgresLog node(int queue, long retentionAgeMs) {
        return log(postgres.config(queue, retentionAgeMs));
    }

    private PostgresLog log(Config.Postgres config) {
        return log(config, new Told());
    }

    private PostgresLog log(Config.Postgres config, Told told) {
        PostgresLog log = new PostgresLog(config, config.servers().get(0), told);
        opened.add(log);
        log.start();
        return log;
    }

    private Draft draft(String id, String content) {
        return draft(room, ALICE, id, content);
    }

    private static Draft draft(RoomId room, UserId sender, String id, String content) {
        return new Draft(room, new Message(0, 1234, sender, id, content.getBytes(UTF_8)));
    }

    private static List<Long> seqsOf(Page page) {
        return page.messages().stream().map(Message::seq).toList();
    }

    private static <T> T get(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
