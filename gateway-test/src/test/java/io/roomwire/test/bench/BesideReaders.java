package io.roomwire.test.bench;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * How long a ping, an ack and a join of one take while others read history as fast as they can, without a pace. No test: run
 * its main with the test class path; the argument is how many read, 8 if there is none.
 */
final class BesideReaders {
    private static final int MESSAGES = 900;
    private static final String CONTENT = "x".repeat(4000);
    private static final long RUN_NS = TimeUnit.SECONDS.toNanos(8);

    private BesideReaders() {}

    public static void main(String[] args) throws Exception {
        int readers = args.length == 0 ? 8 : Integer.parseInt(args[0]);
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster = unpaced().with("redis.uri", redis.uri()).start()) {
            measure("Redis", cluster.node(), readers);
        }
        try (TestPostgres postgres = TestPostgres.start();
                TestCluster cluster =
                        unpaced().with("postgres.uri", postgres.uri()).start()) {
            measure("PostgreSQL", cluster.node(), readers);
        }
        System.exit(0);
    }

    private static TestCluster.Builder unpaced() {
        return TestCluster.aCluster()
                .with("limits.page-bytes-per-second", 0)
                .with("limits.bytes-per-second", 0)
                .with("limits.messages-per-second", 0);
    }

    private static void measure(String log, TestNode node, int readers) throws InterruptedException {
        TestClient writer = TestClient.member(node, "long", "writer");
        writer.ignoreRest();
        for (int i = 0; i < MESSAGES; i++) {
            writer.broadcast("long", CONTENT);
        }
        TestClient other = TestClient.connect(node);
        other.join("elsewhere", "other");
        other.ignoreRest();
        print(log + ", nobody reads", other, new AtomicLong());

        AtomicBoolean over = new AtomicBoolean();
        AtomicLong pages = new AtomicLong();
        for (int i = 0; i < readers; i++) {
            TestClient reader = TestClient.to(node)
                    .listener((self, frame) -> {
                        if ((frame.is("joined") || frame.is("history")) && !over.get()) {
                            pages.addAndGet(frame.is("history") ? 1 : 0);
                            self.tell("history", "room_id", "long", "limit", 500);
                        }
                    })
                    .connect();
            reader.tell("join", "room_id", "long", "user_id", "reader-" + i);
        }
        Thread.sleep(1000);
        pages.set(0);
        print(log + ", " + readers + " read", other, pages);
        over.set(true);
    }

    private static void print(String when, TestClient other, AtomicLong pages) {
        Histogram pings = new Histogram(3);
        Histogram acks = new Histogram(3);
        Histogram joins = new Histogram(3);
        long beginNs = System.nanoTime();
        for (int i = 0; System.nanoTime() - beginNs < RUN_NS; i++) {
            long startNs = System.nanoTime();
            other.ping();
            long pingedNs = System.nanoTime();
            other.broadcast("elsewhere", i);
            long ackedNs = System.nanoTime();
            other.join("room-" + when.length() + "-" + i % 50, "other");
            long joinedNs = System.nanoTime();
            other.ask("leave", "room_id", "room-" + when.length() + "-" + i % 50);
            pings.recordValue(pingedNs - startNs);
            acks.recordValue(ackedNs - pingedNs);
            joins.recordValue(joinedNs - ackedNs);
        }
        System.out.printf(
                "%s: ping p50 %.1f p99 %.1f ms, ack p50 %.1f p99 %.1f ms, join p50 %.1f p99 %.1f ms; %.0f pages of 1 MiB a"
                        + " second%n",
                when,
                ms(pings, 50),
                ms(pings, 99),
                ms(acks, 50),
                ms(acks, 99),
                ms(joins, 50),
                ms(joins, 99),
                pages.get() * 1e9 / RUN_NS);
    }

    private static double ms(Histogram times, double percentile) {
        return times.getValueAtPercentile(percentile) / 1e6;
    }
}
