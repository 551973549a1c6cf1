package io.roomwire.test.bench;

import io.netty.channel.Channel;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One node beside PostgreSQL, over sockets. In each run, one behind the other: plain SQL with a commit a row, plain SQL in
 * groups, as many acked broadcasts as go, and acks at a fixed rate beside commits one at a time.
 */
@Command(
        name = "durable",
        description = "Acked broadcasts a second and the latency of acks, with PostgreSQL, beside plain SQL.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Durable implements Callable<Integer> {
    private static final int CONNECTIONS = 10;
    private static final int GROUP = 1000;
    private static final int COMMITS = 2000;

    /** Of that many seconds each, in a run. */
    private static final int MEASUREMENTS = 4;

    @Option(names = "--rooms", description = "Speakers, each in a room of its own.")
    private int rooms = 100;

    @Option(names = "--window", description = "Broadcasts that may wait for their ack, in all.")
    private int window = 8000;

    @Option(names = "--burst", description = "Broadcasts that a speaker sends by one write, where as many go as can.")
    private int burst = 10;

    @Option(names = "--rate", description = "Messages a second where the latency of acks is measured.")
    private double rate = 1000;

    @Option(names = "--size", description = "Characters of a message's content.")
    private int size = 128;

    @Option(names = "--seconds", description = "Length of each measurement.")
    private double seconds = 5;

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    private long ids;

    @Override
    public Integer call() throws Exception {
        Semaphore free = new Semaphore(window);
        try (TestPostgres postgres = TestPostgres.start();
                TestCluster cluster =
                        jvm.cluster().with("postgres.uri", postgres.uri()).start();
                Audience speakers = Audience.speakers(cluster.node().clients(), rooms, free::release)) {
            PlainSql sql = new PlainSql(postgres, rooms, size);
            Report report = report(cluster.node());
            double each = MEASUREMENTS * seconds;
            runs.warmUp(each, () -> run(report, sql, speakers, free));
            report.clear();
            runs.repeat(each, () -> run(report, sql, speakers, free));
            runs.publish(report);
        }
        return 0;
    }

    private void run(Report report, PlainSql sql, Audience speakers, Semaphore free)
            throws SQLException, InterruptedException {
        double single = sql.perSecond(CONNECTIONS, 1, seconds);
        double grouped = sql.perSecond(1, GROUP, seconds);
        double acked = asManyAsGo(speakers, free);
        report.add("acked broadcasts a second", acked);
        report.add("rows a second, a commit each, %d connections".formatted(CONNECTIONS), single);
        report.add("rows a second, groups of %d".formatted(GROUP), grouped);
        report.add("acked to a commit each", acked / single);
        report.add("acked to groups", acked / grouped);
        Histogram commits = sql.commits(COMMITS);
        speakers.latencies();
        steadily(speakers, free);
        Histogram acks = speakers.latencies();
        for (double percentile : new double[] {50, 99}) {
            String name = "p%.0f ".formatted(percentile);
            double ack = acks.getValueAtPercentile(percentile) / 1e6;
            double commit = commits.getValueAtPercentile(percentile) / 1e6;
            report.add(name + "ms of an ack", ack);
            report.add(name + "ms of a commit", commit);
            report.add(name + "of an ack to a commit's", ack / commit);
        }
        report.latencies("an ack", acks);
        report.latencies("a commit", commits);
        speakers.check();
    }

    private double asManyAsGo(Audience speakers, Semaphore free) throws InterruptedException {
        List<Channel> channels = speakers.speakers();
        long before = speakers.deliveries();
        long startNs = Stamp.nowNs();
        long endNs = startNs + (long) (seconds * 1e9);
        for (int i = 0; Stamp.nowNs() < endNs; i++) {
            free.acquire(burst);
            say(channels, i % rooms, burst, Stamp.nowNs());
        }
        awaitAll(free);
        return (speakers.deliveries() - before) * 1e9 / (Stamp.nowNs() - startNs);
    }

    /** From the time when each was due, see {@link Publisher}. */
    private void steadily(Audience speakers, Semaphore free) throws InterruptedException {
        List<Channel> channels = speakers.speakers();
        long startNs = Stamp.nowNs();
        for (int i = 0; i < rate * seconds; i++) {
            long dueNs = startNs + (long) (i * 1e9 / rate);
            for (long waitNs = dueNs - Stamp.nowNs(); waitNs > 0; waitNs = dueNs - Stamp.nowNs()) {
                LockSupport.parkNanos(waitNs);
            }
            free.acquire();
            say(channels, i % rooms, 1, dueNs);
        }
        awaitAll(free);
    }

    private void say(List<Channel> channels, int number, int count, long stampNs) {
        String[] texts = new String[count];
        String stamp = Stamp.content(stampNs, 0);
        for (int i = 0; i < count; i++) {
            texts[i] = "{\"type\":\"broadcast\",\"room_id\":\"room-" + number + "\",\"content\":\"" + "x".repeat(size)
                    + "\",\"id\":\"" + stamp + "-" + ids++ + "\"}";
        }
        Listener.say(channels.get(number), Dialect.ROOMWIRE, texts);
    }

    private void awaitAll(Semaphore free) throws InterruptedException {
        if (!free.tryAcquire(window, 1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("acks are missing");
        }
        free.release(window);
    }

    private Report report(TestNode node) {
        Report report = runs.report("Durable broadcasts");
        report.fact("Roomwire", node.version() + ", one node, PostgreSQL beside it");
        report.fact(
                "load",
                "%d speakers in rooms of their own, %d broadcasts waiting at most, sent by %d; latency at %.0f a second; content of %d characters; runs of %.0f s"
                        .formatted(rooms, window, burst, rate, size, seconds));
        return report;
    }
}
