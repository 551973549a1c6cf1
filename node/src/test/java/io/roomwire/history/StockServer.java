package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a message costs on PostgreSQL as Debian ships it: a bare commit, a lone ack, a repeat, and 24 senders on three nodes
 * that each wait for their ack. No test: run its main with the test class path; arguments are settings of the server.
 */
final class StockServer {
    private static final int SENDERS = 24;
    private static final int NODES = 3;
    private static final long RUN_NS = 8_000_000_000L;
    private static final long LONE_NS = 4_000_000_000L;
    private static final byte[] CONTENT = ("{\"text\":\"" + "x".repeat(100) + "\"}").getBytes(UTF_8);

    private StockServer() {}

    public static void main(String[] args) throws Exception {
        try (TestPostgres postgres = DebianPostgres.start(args)) {
            postgres.execute("CREATE TABLE bare (room text, seq bigint, content bytea, PRIMARY KEY (room, seq))");
            bare(postgres);
            try (PostgresLog log = postgres.log()) {
                lone(log, "lone ack", 1);
                lone(log, "one of two a repeat", 2);
            }
            senders(postgres, 0);
            senders(postgres, 20);
        }
    }

    private static void bare(TestPostgres postgres) throws Exception {
        List<Long> took = new ArrayList<>();
        try (Connection connection = postgres.connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO bare VALUES ('room', ?, ?)")) {
            long end = System.nanoTime() + LONE_NS;
            for (long i = 0; System.nanoTime() < end; i++) {
                long begun = System.nanoTime();
                insert.setLong(1, i);
                insert.setBytes(2, CONTENT);
                insert.execute();
                took.add(System.nanoTime() - begun);
            }
        }
        print("bare commit", took);
    }

    private static void lone(PostgresLog log, String what, int uses) throws Exception {
        List<Long> took = new ArrayList<>();
        long end = System.nanoTime() + LONE_NS;
        for (int i = 0; System.nanoTime() < end; i++) {
            long begun = System.nanoTime();
            try {
                log.append(draft("lone", "alice", what + i / uses))
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                Thread.sleep(200);
                continue;
            }
            took.add(System.nanoTime() - begun);
        }
        print(what, took);
    }

    /** Each in a room of its own; every so many sends, if not 0, one again. */
    private static void senders(TestPostgres postgres, int repeatEach) throws Exception {
        List<PostgresLog> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(postgres.log());
        }
        LongAdder acked = new LongAdder();
        AtomicInteger failed = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        long end = System.nanoTime() + RUN_NS;
        for (int s = 0; s < SENDERS; s++) {
            int sender = s;
            Thread thread = new Thread(() -> {
                for (int i = 0; System.nanoTime() < end; i++) {
                    int nth = repeatEach > 0 && i % repeatEach == 1 ? i - 1 : i;
                    try {
                        nodes.get(sender % NODES)
                                .append(draft("room-" + sender, "user-" + sender, repeatEach + "-" + nth))
                                .toCompletableFuture()
                                .get(10, TimeUnit.SECONDS);
                        acked.increment();
                    } catch (Exception e) {
                        failed.incrementAndGet();
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread each : threads) {
            each.join();
        }
        nodes.forEach(PostgresLog::close);
        System.out.printf(
                "%d senders on %d nodes, one repeat in %d: %.0f acked/s, %d unavailable%n",
                SENDERS, NODES, repeatEach, acked.sum() * 1e9 / RUN_NS, failed.get());
    }

    private static Draft draft(String room, String sender, String id) {
        return new Draft(new RoomId(room), new Message(0, 1, new UserId(sender), id, CONTENT));
    }

    private static void print(String what, List<Long> ns) {
        long[] sorted = ns.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        System.out.printf(
                "%s: p50 %.2f ms, p99 %.2f ms, %d of them%n",
                what, sorted[sorted.length / 2] / 1e6, sorted[sorted.length * 99 / 100] / 1e6, sorted.length);
    }
}
