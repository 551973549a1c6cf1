package io.roomwire.test.bench;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a connection costs to come, by CPU time of its handshake and first join, and to stay, by live heap: an idle one
 * has no memory outside of it but the kernel's. All are in one room, and each has its personal one.
 */
@Command(
        name = "connections",
        description = "CPU of a handshake with a join, and memory of an idle connection.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Connections implements Callable<Integer> {
    private static final String HEAP = "bytes of live heap a connection";

    @Option(names = "--connections", description = "How many; each needs a file in this process and in the node.")
    private int count = 8000;

    @Option(
            names = "--warm-up",
            description = "Connections before those that are measured: the JVM compiles meanwhile.")
    private int warmUp = 8000;

    @Option(names = "--warm-up-rounds", description = "How often those come and go.")
    private int warmUpRounds = 8;

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    @Override
    public Integer call() throws Exception {
        Report report = runs.report("Connections");
        report.fact(
                "load",
                count + " connections in one room, after " + warmUpRounds + " times " + warmUp + " that came and went");
        runs.repeat(() -> {
            try (TestCluster cluster =
                    aCluster().with("rooms.linger", "1s").jvm(jvm.flags()).start()) {
                measure(report, cluster);
            }
        });
        runs.publish(report);
        return 0;
    }

    private void measure(Report report, TestCluster cluster) throws IOException, InterruptedException {
        long pid = cluster.node().pid();
        for (int i = 0; i < warmUpRounds; i++) {
            Audience.of(cluster.node().clients(), "room", "early", warmUp).close();
            awaitEmpty(cluster.node());
        }
        long heapBefore = Memory.liveHeapBytes(pid);
        long cpuBefore = ProcessCpu.micros(pid);
        long startNs = System.nanoTime();
        try (Audience idle = Audience.of(cluster.node().clients(), "room", "idle", count)) {
            double seconds = (System.nanoTime() - startNs) / 1e9;
            double cpuUs = (double) (ProcessCpu.micros(pid) - cpuBefore) / count;
            report.add("CPU µs of a handshake with a join", cpuUs);
            report.add("of those a second and core", 1e6 / cpuUs);
            report.add("connections a second, with the clients on the same cores", count / seconds);
            report.add(HEAP, (double) (Memory.liveHeapBytes(pid) - heapBefore) / count);
            idle.check();
        }
    }

    /**
     * Until the node has neither a connection nor a room any more: the end of a room, some seconds later, would be taken for
     * memory that those who came next do not use.
     */
    static void awaitEmpty(TestNode node) {
        await().atMost(Duration.ofMinutes(1)).until(() -> {
            JsonNode health = node.health();
            return health.get("active_connections").asInt() == 0
                    && health.get("rooms").asInt() == 0;
        });
    }
}
