package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.Resumption;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Rooms of which nothing is left go, and no epoch and seq names two messages. */
class PostgresRetirementTest extends OnPostgres {
    private static final Retirement WEEKLY = new Retirement(WEEK_MS);

    /** As if all that was said there, and the generation of rooms, were ten days old, and retention had come by. */
    private static String aged(String rooms) {
        return "BEGIN; UPDATE roomwire.room_head SET stored = stored - interval '10 days' WHERE room LIKE '" + rooms
                + "'; DELETE FROM roomwire.message WHERE room LIKE '" + rooms
                + "'; UPDATE roomwire.life SET generation_since = generation_since - interval '10 days'; COMMIT";
    }

    /** One walk through all heads. */
    private static void walk(TestPostgres server) throws SQLException {
        try (Connection connection = server.connect()) {
            while (WEEKLY.step(connection, 0) == Retirement.AT_ONCE) {
                // some are left
            }
        }
    }

    /** The first walk ends the generation of rooms that have been idle for so long, the next one retires them. */
    private static void retire(TestPostgres server) throws SQLException {
        walk(server);
        walk(server);
    }

    private static long heads(String rooms) {
        return Long.parseLong(
                postgres.query("SELECT count(*) FROM roomwire.room_head WHERE room LIKE '" + rooms + "'"));
    }

    @Test
    void aRoomThatWasRetiredComesBackInAnEpochThatItNeverHad() throws Exception {
        PostgresLog one = node();
        PostgresLog other = node();
        Set<String> epochs = new HashSet<>();
        for (int life = 1; life <= 4; life++) {
            Head before = get(other.open(room));
            assertThat(before.seq()).isZero();
            for (int i = 1; i <= 3; i++) {
                Receipt receipt = get(one.append(draft("m-" + i, "1")));
                assertThat(receipt).isEqualTo(new Receipt(i, false, false, before.epoch()));
            }
            assertThat(epochs.add(before.epoch()))
                    .as("%s of %s", before.epoch(), epochs)
                    .isTrue();
            assertThat(get(one.read(room, Range.behind(0, 9))).head()).isEqualTo(before.at(3));

            postgres.execute(aged(room.text()));
            retire(postgres);
            assertThat(heads(room.text())).isZero();
        }
    }

    @Test
    void aNodeThatKnewTheRoomIsToldOfItsNewEpochWithTheNextMessage() throws Exception {
        Told told = new Told();
        PostgresLog log = log(postgres.config(1000, WEEK_MS), told);
        get(log.append(draft("m-1", "1")));
        postgres.execute(aged(room.text()));
        retire(postgres);

        Receipt receipt = get(log.append(draft("m-1", "1")));

        assertThat(receipt.seq()).isEqualTo(1);
        assertThat(told.newEpochs).anySatisfy(each -> {
            assertThat(each.getKey()).isEqualTo(room);
            assertThat(each.getValue().epoch()).isEqualTo(receipt.epoch());
        });
    }

    @Test
    void aMemberWithTheOldEpochGetsAllOfTheNewOneAndIsToldThatSomeMayBeMissing() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        String epoch = get(log.append(draft("m-2", "2"))).epoch();
        postgres.execute(aged(room.text()));
        retire(postgres);
        get(log.append(draft("m-3", "3")));

        Head head = get(log.open(room));

        for (long seen : new long[] {0, 1, 2, 3}) {
            assertThat(Resumption.of(head, epoch, seen)).isNull();
            assertThat(Resumption.ofAnother(head, epoch, seen)).isEqualTo(new Resumption(0, false, true, 0));
        }
        assertThat(Resumption.of(head, head.epoch(), 1)).isEqualTo(new Resumption(1, true, false, Resumption.NOWHERE));
    }

    @Test
    void whatIsInUseOrHasMessagesStays() throws Exception {
        PostgresLog log = node();
        RoomId recent = new RoomId(room + "-recent");
        RoomId kept = new RoomId(room + "-kept");
        RoomId locked = new RoomId(room + "-locked");
        RoomId gone = new RoomId(room + "-gone");
        for (RoomId each : List.of(recent, kept, locked, gone)) {
            get(log.append(draft(each, ALICE, "m-1", "1")));
        }
        postgres.execute(aged(locked.text()));
        postgres.execute(aged(gone.text()));
        postgres.execute(
                "UPDATE roomwire.room_head SET stored = stored - interval '10 days' WHERE room = '" + kept + "'");
        postgres.execute("DELETE FROM roomwire.message WHERE room = '" + recent + "'");
        try (Connection holder = postgres.connect();
                Statement hold = holder.createStatement()) {
            holder.setAutoCommit(false);
            hold.execute("SELECT FROM roomwire.room_head WHERE room = '" + locked + "' FOR UPDATE");
            retire(postgres); // it does not wait
        }
        assertThat(postgres.query("SELECT room FROM roomwire.room_head WHERE room LIKE '" + room + "-%' ORDER BY room"))
                .isEqualTo(kept + "\n" + locked + "\n" + recent);
        retire(postgres);
        assertThat(heads(locked.text())).isZero();
    }

    @Test
    void noRoomIsRetiredInTheGenerationInWhichItBegan() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        postgres.execute(aged(room.text()));
        postgres.execute("UPDATE roomwire.life SET generation_since = now()");
        retire(postgres);
        assertThat(heads(room.text())).isEqualTo(1);
    }

    @Test
    void anAppendThatMeetsARoomWhileItIsRetiredIsStoredAndNobodyElseWaits() throws Exception {
        PostgresLog log = patient();
        PostgresLog other = patient();
        RoomId elsewhere = new RoomId(room + "-elsewhere");
        get(other.append(draft(elsewhere, ALICE, "m-1", "1")));
        String epoch = get(log.append(draft("m-1", "1"))).epoch();
        postgres.execute(aged(room.text()));
        walk(postgres);
        try (Connection retiring = postgres.connect()) {
            retiring.setAutoCommit(false);
            while (WEEKLY.step(retiring, 0) == Retirement.AT_ONCE) {
                // some are left
            }
            CompletableFuture<Receipt> met = log.append(draft("m-2", "2")).toCompletableFuture();
            await().until(() -> !postgres.query("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1")
                    .isEmpty());
            assertThat(get(other.append(draft(elsewhere, ALICE, "m-2", "1"))).seq())
                    .isEqualTo(2);
            assertThat(met).isNotDone();
            retiring.commit();

            Receipt receipt = get(met);
            assertThat(receipt.seq()).isEqualTo(1);
            assertThat(receipt.epoch()).isNotEqualTo(epoch);
        }
    }

    /** On a machine with other work half of two seconds is soon over. */
    private PostgresLog patient() {
        Config.Postgres usual = postgres.config(1000, WEEK_MS);
        return log(new Config.Postgres(
                usual.servers(),
                usual.pool(),
                usual.writers(),
                60_000,
                usual.queue(),
                usual.retentionAgeMs(),
                usual.retentionMessages(),
                usual.durability(),
                usual.idempotencyWindowMs()));
    }

    /** Two nodes write to few rooms all the time, while those are made old and retired all the time. */
    @Test
    void noEpochAndSeqNamesTwoMessagesHoweverAppendsAndRetiringMeet() throws Exception {
        int rooms = 8;
        int writers = 4;
        List<PostgresLog> nodes = List.of(node(), node());
        ConcurrentLinkedQueue<String> places = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(writers);
        for (int w = 0; w < writers; w++) {
            PostgresLog node = nodes.get(w % 2);
            int number = w;
            new Thread(() -> {
                        for (int i = 0; !over.get(); i++) {
                            RoomId to = new RoomId(room + "-" + i % rooms);
                            try {
                                Receipt receipt = get(node.append(draft(to, ALICE, "m-" + number + "-" + i, "1")));
                                places.add(to + " " + receipt.epoch() + " " + receipt.seq());
                            } catch (Exception e) {
                                failures.add(e);
                            }
                        }
                        ended.countDown();
                    })
                    .start();
        }
        String all = room + "-%";
        long retired = 0;
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        try {
            while (System.nanoTime() - endNs < 0) {
                postgres.execute(aged(all));
                walk(postgres);
                retired += WEEKLY.takeRetired();
            }
        } finally {
            over.set(true);
        }
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(retired).isGreaterThan(10);
        assertThat(places.size()).isGreaterThan(100);
        assertThat(new HashSet<>(places)).hasSameSizeAs(places);
        assertThat(failures.size()).isLessThan(places.size() / 10);
    }

    /** Ten times ten days, and in each as many new rooms as before. */
    @Test
    void underAFloodOfRoomsTheTableStaysAsLargeAsWhatIsWrittenInTheTimeThatItIsKept() throws Exception {
        PostgresLog log = node();
        int flood = 3000;
        for (int round = 0; round < 10; round++) {
            List<CompletableFuture<Receipt>> stored = new ArrayList<>();
            for (int i = 0; i < flood; i++) {
                RoomId fresh = new RoomId(room + "-" + round + "-" + i);
                stored.add(log.append(draft(fresh, ALICE, null, "1")).toCompletableFuture());
            }
            for (CompletableFuture<Receipt> each : stored) {
                assertThat(get(each).seq()).isEqualTo(1);
            }
            assertThat(heads(room + "-%")).isEqualTo(flood);
            postgres.execute(aged(room + "-%"));
            retire(postgres);
            assertThat(heads(room + "-%")).isZero();
        }
    }

    @Test
    void aNodeRetiresByItself() throws Exception {
        PostgresLog log = log(postgres.config(1000, 1000)); // partitions of 10 s, and 5 minutes for ids
        get(log.append(draft("m-1", "1")));
        postgres.execute(aged(room.text()));

        await().atMost(Duration.ofSeconds(30)).until(() -> heads(room.text()) == 0);
    }

    @Test
    void roomsThatANodeKnewAndThatWereRetiredDoNotComeBackByThemselves() throws Exception {
        try (TestPostgres server = DebianPostgres.start();
                PostgresLog log = log(server.config(1000, WEEK_MS))) {
            get(log.append(draft("m-1", "1")));
            server.execute(aged(room.text()));
            retire(server);
            server.stop();
            server.startAgain();
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .until(() -> get(log.append(draft(new RoomId("another"), ALICE, null, "1"))) != null);

            assertThat(server.query("SELECT room FROM roomwire.room_head")).isEqualTo("another");
        }
    }

    @Test
    void afterAPromotionARoomThatWasRetiredIsNotCalledWholeAndOneThatNeverWasIs() throws Exception {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica();
                PostgresLog log = onBoth(primary, replica)) {
            primary.waitForStandbys();
            String epoch = get(log.append(draft("m-1", "1"))).epoch();
            primary.execute(aged(room.text()));
            retire(primary);
            Head never = get(log.open(new RoomId("never")));
            get(log.append(draft(new RoomId("another"), ALICE, null, "1")));
            primary.kill();
            replica.promote();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> get(log.append(draft(new RoomId("another"), ALICE, null, "1"))) != null);

            Head retired = get(log.open(room));
            assertThat(retired.before()).containsExactly(new PastEpoch(never.epoch(), 0, true));
            assertThat(Resumption.of(retired, epoch, 0)).isNull();
            assertThat(Resumption.of(get(log.open(new RoomId("never"))), never.epoch(), 0))
                    .isEqualTo(new Resumption(0, true, true, Resumption.NOWHERE));
        }
    }
}
