package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Messages a second into a real PostgreSQL: plain SQL with a commit each, plain SQL in groups, and this log. No test: run
 * its main with the test class path; with the argument {@code page} only the pages of a long room.
 */
final class LogThroughput {
    private static final int CONNECTIONS = 10;
    private static final int GROUP = 1000;
    private static final int ROOMS = 100;
    private static final long RUN_NS = 5_000_000_000L;
    private static final int IN_FLIGHT = 8000;
    private static final byte[] CONTENT = ("{\"text\":\"" + "x".repeat(100) + "\"}").getBytes(UTF_8);
    private static final String INSERT = "INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)";

    private static final int PAGES_IN_A_ROW = 100;

    private LogThroughput() {}

    public static void main(String[] args) throws Exception {
        try (TestPostgres postgres = new TestPostgres()) {
            if (args.length > 0 && args[0].equals("page")) {
                postgres.log().close(); // makes the tables
                page(postgres);
                return;
            }
            postgres.execute("CREATE TABLE bare (room text, seq bigint, ts bigint, sender text, id text, content bytea,"
                    + " PRIMARY KEY (room, seq))");
            for (int writers : new int[] {2, 1, 2, 1}) {
                double one = bare(postgres, CONNECTIONS, 1);
                double groups = bare(postgres, 1, GROUP);
                Config.Postgres config = postgres.config(50_000, 604_800_000L);
                config = new Config.Postgres(
                        config.servers(),
                        2,
                        writers,
                        2000,
                        50_000,
                        config.retentionAgeMs(),
                        List.of(),
                        config.durability(),
                        config.idempotencyWindowMs());
                double log = log(config);
                System.out.printf(
                        "%d writer(s): one commit each, %d connections %.0f/s; groups of %d %.0f/s; log %.0f/s ="
                                + " %.1f times one each, %.2f of groups%n",
                        writers, CONNECTIONS, one, GROUP, groups, log, log / one, log / groups);
            }
            latency(postgres);
            page(postgres);
        }
    }

    private static double bare(TestPostgres postgres, int connections, int group) throws Exception {
        postgres.execute("TRUNCATE bare");
        LongAdder rows = new LongAdder();
        AtomicLong seqs = new AtomicLong();
        long end = System.nanoTime() + RUN_NS;
        inThreads(connections, () -> {
            try (Connection connection = postgres.connect();
                    PreparedStatement insert = connection.prepareStatement(
                            group == 1
                                    ? INSERT
                                    : "INSERT INTO bare SELECT * FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::text[],"
                                            + " ?::text[], ?::bytea[])")) {
                while (System.nanoTime() < end) {
                    if (group == 1) {
                        one(insert, seqs.incrementAndGet());
                    } else {
                        group(connection, insert, seqs, group);
                    }
                    rows.add(group);
                }
            }
            return null;
        });
        return rows.sum() * 1e9 / RUN_NS;
    }

    private static void one(PreparedStatement insert, long seq) throws SQLException {
        insert.setString(1, "room-" + seq % ROOMS);
        insert.setLong(2, seq);
        insert.setLong(3, seq);
        insert.setString(4, "alice");
        insert.setString(5, "m-" + seq);
        insert.setBytes(6, CONTENT);
        insert.execute();
    }

    private static void group(Connection connection, PreparedStatement insert, AtomicLong seqs, int size)
            throws SQLException {
        String[] rooms = new String[size];
        Long[] numbers = new Long[size];
        String[] senders = new String[size];
        String[] ids = new String[size];
        byte[][] contents = new byte[size][];
        for (int i = 0; i < size; i++) {
            long seq = seqs.incrementAndGet();
            rooms[i] = "room-" + seq % ROOMS;
            numbers[i] = seq;
            senders[i] = "alice";
            ids[i] = "m-" + seq;
            contents[i] = CONTENT;
        }
        insert.setArray(1, connection.createArrayOf("text", rooms));
        insert.setArray(2, connection.createArrayOf("int8", numbers));
        insert.setArray(3, connection.createArrayOf("int8", numbers));
        insert.setArray(4, connection.createArrayOf("text", senders));
        insert.setArray(5, connection.createArrayOf("text", ids));
        insert.setArray(6, connection.createArrayOf("bytea", contents));
        insert.execute();
    }

    private static double log(Config.Postgres config) throws Exception {
        try (PostgresLog log = new PostgresLog(config, config.servers().get(0), new Deaf())) {
            log.start();
            long begun = System.nanoTime();
            Semaphore inFlight = new Semaphore(IN_FLIGHT);
            LongAdder failed = new LongAdder();
            UserId alice = new UserId("alice");
            RoomId[] rooms = new RoomId[ROOMS];
            Arrays.setAll(rooms, i -> new RoomId("room-" + i));
            long sent = 0;
            while (System.nanoTime() - begun < RUN_NS) {
                inFlight.acquire();
                Message message = new Message(0, sent, alice, "m-" + begun + "-" + sent, CONTENT);
                log.append(new Draft(rooms[(int) (sent++ % ROOMS)], message)).whenComplete((receipt, failure) -> {
                    if (failure != null) {
                        failed.increment();
                    }
                    inFlight.release();
                });
            }
            inFlight.acquire(IN_FLIGHT);
            return (sent - failed.sum()) * 1e9 / (System.nanoTime() - begun);
        }
    }

    /** A lone message's ack against a lone commit. */
    private static void latency(TestPostgres postgres) throws Exception {
        int count = 2000;
        long[] bare = new long[count];
        long[] acks = new long[count];
        postgres.execute("TRUNCATE bare");
        try (Connection connection = postgres.connect();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (int i = 0; i < count; i++) {
                long begun = System.nanoTime();
                one(insert, i);
                bare[i] = System.nanoTime() - begun;
            }
        }
        Config.Postgres config = postgres.config(1000, 604_800_000L);
        try (PostgresLog log = new PostgresLog(config, config.servers().get(0), new Deaf())) {
            log.start();
            UserId alice = new UserId("alice");
            for (int i = 0; i < count; i++) {
                long begun = System.nanoTime();
                log.append(new Draft(new RoomId("lone"), new Message(0, i, alice, "m-" + i, CONTENT)))
                        .toCompletableFuture()
                        .get();
                acks[i] = System.nanoTime() - begun;
            }
        }
        print("bare commit", bare);
        print("lone append", acks);
    }

    /** A page from the middle of a long room against the bare SQL. */
    private static void page(TestPostgres postgres) throws Exception {
        postgres.execute("INSERT INTO roomwire.message SELECT 'long', n, now(), n, 'alice', 'm-' || n,"
                + " convert_to(repeat('x', 110), 'UTF8') FROM generate_series(1, 1000000) n");
        postgres.execute("INSERT INTO roomwire.room_head VALUES ('long', 1000000)");
        postgres.execute("VACUUM ANALYZE roomwire.message");
        int count = 4000;
        long[] bare = new long[count];
        long[] pages = new long[count];
        long[] timed = new long[count];
        long[] alone = new long[count];
        RoomId room = new RoomId("long");
        try (PostgresLog log = postgres.log();
                Connection connection = postgres.connect()) {
            ServerState.of(connection, 5000); // the same way of planning for both
            try (PreparedStatement ask =
                            connection.prepareStatement("SELECT seq, ts, sender, id, content FROM roomwire.message"
                                    + " WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT 50");
                    PreparedStatement whole = connection.prepareStatement(PageReader.BACKWARD)) {
                // In turns, so that all see the same machine; in rows, so that each finds its connection warm.
                for (int i = 0; i < count; i += PAGES_IN_A_ROW) {
                    for (int n = i; n < i + PAGES_IN_A_ROW; n++) {
                        long begun = System.nanoTime();
                        ask.setString(1, "long");
                        ask.setLong(2, before(n));
                        rows(ask, 5);
                        bare[n] = System.nanoTime() - begun;
                    }
                    for (int n = i; n < i + PAGES_IN_A_ROW; n++) {
                        long begun = System.nanoTime();
                        PageReader.bind(whole, room, Range.upTo(before(n), 50), Long.MAX_VALUE);
                        rows(whole, 8);
                        alone[n] = System.nanoTime() - begun;
                    }
                    for (int n = i; n < i + PAGES_IN_A_ROW; n++) {
                        pages[n] = page(log, room, Range.upTo(before(n), 50));
                    }
                    for (int n = i; n < i + PAGES_IN_A_ROW; n++) {
                        timed[n] = page(log, room, new Range(0, Range.END, before(n), Range.END, 50, true));
                    }
                }
            }
        }
        print("bare page", bare);
        print("the statement of a page alone", alone);
        print("page", pages);
        print("page by time", timed);
    }

    private static long before(int page) {
        return 1000 + page * 200L;
    }

    private static void rows(PreparedStatement ask, int contentColumn) throws SQLException {
        try (var rows = ask.executeQuery()) {
            while (rows.next()) {
                rows.getBytes(contentColumn);
            }
        }
    }

    private static long page(PostgresLog log, RoomId room, Range range) throws Exception {
        long begun = System.nanoTime();
        Page page = log.read(room, range).toCompletableFuture().get();
        if (page.messages().size() != 50) {
            throw new AssertionError(page);
        }
        return System.nanoTime() - begun;
    }

    private static void print(String what, long[] ns) {
        long[] warm = Arrays.copyOfRange(ns, ns.length / 2, ns.length);
        Arrays.sort(warm);
        System.out.printf(
                "%s: p50 %.3f ms, p99 %.3f ms%n",
                what, warm[warm.length / 2] / 1e6, warm[warm.length * 99 / 100] / 1e6);
    }

    private static void inThreads(int count, Callable<?> task) throws Exception {
        List<FutureTask<?>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            FutureTask<?> each = new FutureTask<>(task);
            tasks.add(each);
            new Thread(each).start();
        }
        for (FutureTask<?> each : tasks) {
            each.get();
        }
    }

    /** Nobody listens to a measurement. */
    private static final class Deaf implements PostgresLog.Listener {
        @Override
        public void onUp() {}

        @Override
        public void onDown(String reason) {
            System.out.println("down: " + reason);
        }

        @Override
        public void onNewEpoch(RoomId room, Head head) {}
    }
}
