package io.roomwire.test.bench;

import io.roomwire.test.bench.CrowdClient.Heard;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One room over many nodes, with more members than one process could connect. In each run, with new nodes: a smaller
 * crowd that comes and goes, for the JVMs to compile; then all connect and are idle while memory is looked at; then
 * broadcasts, each when the one before is everywhere. One more member of the first node says them, whom no figure counts.
 */
@Command(
        name = "crowd",
        description = "Memory, latency and CPU of one room over many nodes, with clients in several processes.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Crowd implements Callable<Integer> {
    private static final String ROOM = "crowd";
    private static final String EARLY = "early";
    private static final int WARM_UP_MESSAGES = 50;

    @Option(names = "--nodes", description = "Each needs a file for each of its connections.")
    private int nodes = 6;

    @Option(names = "--connections", description = "Members of the room, spread evenly over the nodes.")
    private int connections = 100_000;

    @Option(names = "--clients", description = "Client processes; each needs a file for each of its connections.")
    private int clients = 6;

    @Option(names = "--warm-up", description = "Connections, over all nodes, before those that are measured.")
    private int warmUp = 6000;

    @Option(names = "--messages", description = "Broadcasts in a run.")
    private int messages = 5;

    @Option(names = "--rate", description = "Broadcasts a second, if each is everywhere before the next one.")
    private double rate = 0.25;

    @Option(names = "--size", description = "Characters of a message's content.")
    private int size = 128;

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs(1);

    @Override
    public Integer call() throws Exception {
        Spread all = new Spread(connections, clients, nodes);
        Spread early = new Spread(warmUp, clients, nodes);
        String complaint = MachineLimits.here().complaint(all, early);
        if (complaint != null) {
            throw runs.refusal(complaint);
        }
        Report report = runs.report("One room over many nodes");
        report.fact(
                "load",
                "%d connections over %d nodes and Redis, by %d client processes, after %d that came and went; a run has %d broadcasts with a content of %d characters, at most %.2f a second"
                        .formatted(connections, nodes, clients, warmUp, messages, size, rate));
        report.fact("values", "one a broadcast of deliveries, lost and ms; one a run of the others");
        runs.repeat(() -> {
            try (TestRedis redis = TestRedis.process();
                    TestCluster cluster = jvm.cluster()
                            .nodes(nodes)
                            .with("redis.uri", redis.uri())
                            .with("rooms.linger", "1s")
                            .start();
                    Clients processes = Clients.start(clients)) {
                warmUp(cluster, processes, early);
                Memory before = memory(cluster);
                connect(report, cluster, processes, all);
                compare(report, before, memory(cluster));
                broadcast(report, redis, cluster, processes, all);
            }
        });
        runs.publish(report);
        return 0;
    }

    private void warmUp(TestCluster cluster, Clients processes, Spread early) throws InterruptedException {
        Runs.progress("warm-up");
        processes.join(EARLY, uris(cluster), early);
        try (Audience speaker = Audience.of(uris(cluster).get(0), EARLY, "speaker", 1)) {
            Publisher publisher = publisher(speaker, EARLY);
            for (int i = 0; i < WARM_UP_MESSAGES; i++) {
                say(publisher, processes, early);
            }
        }
        processes.leave();
        cluster.nodes().forEach(Connections::awaitEmpty);
    }

    private void connect(Report report, TestCluster cluster, Clients processes, Spread all) {
        Runs.progress("connecting " + connections);
        long startNs = System.nanoTime();
        processes.join(ROOM, uris(cluster), all);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        report.add("seconds until all had joined", seconds);
        report.add("connections a second, with the clients on the same cores", connections / seconds);
    }

    private void compare(Report report, Memory before, Memory after) {
        perConnection(report, "live heap", before.liveHeap(), after.liveHeap());
        perConnection(report, "the nodes' processes (Pss)", before.resident(), after.resident());
        perConnection(report, "the kernel's TCP buffers, both ends", before.tcp(), after.tcp());
        perConnection(report, "the kernel's own objects (slab), both ends", before.slab(), after.slab());
    }

    private void perConnection(Report report, String of, long before, long after) {
        report.add("bytes a connection, " + of, (double) (after - before) / connections);
    }

    private void broadcast(Report report, TestRedis redis, TestCluster cluster, Clients processes, Spread all)
            throws InterruptedException {
        long nodesUs = 0;
        long redisUs = 0;
        try (Audience speaker = Audience.of(uris(cluster).get(0), ROOM, "speaker", 1)) {
            Publisher publisher = publisher(speaker, ROOM);
            for (int i = 1; i <= messages; i++) {
                Runs.progress("broadcast %d of %d".formatted(i, messages));
                long startNs = System.nanoTime();
                nodesUs -= nodesUs(cluster);
                redisUs -= ProcessCpu.micros(redis.pid());
                Heard heard = say(publisher, processes, all);
                nodesUs += nodesUs(cluster);
                redisUs += ProcessCpu.micros(redis.pid());
                report.add("deliveries expected", connections);
                report.add("lost", (double) (connections - heard.deliveries()));
                report.add("p50 ms", heard.latencyMs(50));
                report.add("p99 ms", heard.latencyMs(99));
                report.latencies("from due to received", heard.latencies());
                report.add("ms until the last member had it", heard.latencyMs(100));
                TimeUnit.NANOSECONDS.sleep((long) (startNs + 1e9 / rate) - System.nanoTime());
            }
            speaker.check();
        }
        report.add("CPU µs a delivery, all nodes", (double) nodesUs / connections / messages);
        report.add("CPU µs a delivery, Redis", (double) redisUs / connections / messages);
    }

    private Publisher publisher(Audience speaker, String room) {
        return new Publisher(speaker.dialect(), List.of(new Publisher.Place(speaker.speaker(), room)), size, 1);
    }

    /** One broadcast, at once; gives what came of it. */
    private static Heard say(Publisher publisher, Clients processes, Spread spread) {
        publisher.speak(1, 1);
        return processes.collect(spread);
    }

    private static List<URI> uris(TestCluster cluster) {
        return cluster.nodes().stream().map(TestNode::clients).toList();
    }

    private static List<Long> pids(TestCluster cluster) {
        return cluster.nodes().stream().map(TestNode::pid).toList();
    }

    private static Memory memory(TestCluster cluster) throws IOException, InterruptedException {
        Runs.progress("looking at the memory");
        return Memory.of(pids(cluster));
    }

    private static long nodesUs(TestCluster cluster) {
        return pids(cluster).stream().mapToLong(ProcessCpu::micros).sum();
    }
}
