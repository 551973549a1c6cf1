package io.roomwire.test.bench;

import static io.roomwire.test.cluster.TestCluster.aCluster;

import io.roomwire.test.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One node alone, one room or many: CPU time of a delivery, beside the floor in turns, and how late it is. */
@Command(
        name = "fan-out",
        description = "CPU and latency of broadcasts on one node.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class FanOut implements Callable<Integer> {
    private static final String NODE = "node";

    @Option(names = "--members", description = "Members of all rooms.")
    private int members = 1000;

    @Option(names = "--rooms", description = "Rooms, with as many members each; a message goes to one, in turn.")
    private int rooms = 1;

    @Option(names = "--rate", description = "Messages a second, over all rooms.")
    private double rate = 100;

    @Option(names = "--floor-members", description = "Clients of the floor; 0: as many as the node's.")
    private int floorMembers;

    @Option(names = "--floor-rate", description = "Messages a second to the floor; 0: as many as to the node.")
    private double floorRate;

    @Option(names = "--size", description = "Characters of a message's content.")
    private int size = 128;

    @Option(names = "--seconds", description = "Length of each measurement.")
    private double seconds = 10;

    @Option(names = "--warm-up", description = "Seconds of talking before the first run: the JVM compiles meanwhile.")
    private double warmUpSeconds = 20;

    @Option(names = "--runs", description = "How often all is measured.")
    private int runs = 5;

    @Option(
            names = "--floor",
            paramLabel = "PROGRAM",
            description = "A server of one write a recipient, to compare with.")
    private @Nullable Path floorProgram;

    @Option(names = "--report", paramLabel = "FILE", description = "Where the report goes, beside the standard output.")
    private @Nullable Path reportFile;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (TestCluster cluster = aCluster()
                        .with("limits.messages-per-second", 0) // there is one publisher for all
                        .jvm(ServerJvm.flags())
                        .start();
                Audience audience = Audience.ofRooms(cluster.node().clients(), rooms, "member", members);
                Floor floor = floorProgram == null
                        ? null
                        : Floor.start(floorProgram, floorMembers > 0 ? floorMembers : members)) {
            Report report = new Report("Broadcasts on one node", Objects.requireNonNull(spec));
            report.fact("Roomwire", cluster.node().version() + ", one node, messages kept in its memory");
            report.fact(
                    "load",
                    "%d members in %d rooms, %.0f messages a second in all, content of %d characters; runs of %.0f s"
                            .formatted(members, rooms, rate, size, seconds));
            Publisher publisher = Publisher.inRooms(audience, rooms, size);
            Measurement.of(publisher, rate, warmUpSeconds, List.of(audience), Map.of());
            for (int run = 1; run <= runs; run++) {
                Measurement cost = Measurement.of(
                        publisher,
                        rate,
                        seconds,
                        List.of(audience),
                        Map.of(NODE, cluster.node().pid()));
                double each = cost.cpuUs(NODE, (double) cost.messages() * publisher.hearers(members));
                report.add("CPU µs a delivery", each);
                if (floor != null) {
                    double least = floor.cpuUs(size, floorRate > 0 ? floorRate : rate, seconds);
                    report.add("CPU µs a delivery, floor", least);
                    report.add("to the floor", each / least);
                }
                report.add("p50 ms", cost.latencyMs(0, 50));
                report.add("p99 ms", cost.latencyMs(0, 99));
                report.add("lost", (double) cost.lost());
                System.err.printf("bench: run %d of %d done%n", run, runs);
            }
            report.publish(reportFile);
        }
        return 0;
    }
}
