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

/** Many small rooms on one node, alone and beside a large one, in turns: how much later their messages come. */
@Command(
        name = "mixed",
        description = "Latency in small rooms, alone and beside a large one of the same node.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Mixed implements Callable<Integer> {
    @Option(names = "--rooms", description = "Small rooms.")
    private int rooms = 1000;

    @Option(names = "--members", description = "Members of all small rooms.")
    private int members = 2000;

    @Option(names = "--rate", description = "Messages a second, over all small rooms.")
    private double rate = 500;

    @Option(names = "--big-members", description = "Members of the large room.")
    private int bigMembers = 5000;

    @Option(names = "--big-rate", description = "Messages a second in the large room.")
    private double bigRate = 5;

    @Option(names = "--size", description = "Characters of a message's content.")
    private int size = 128;

    @Option(names = "--seconds", description = "Length of each measurement.")
    private double seconds = 10;

    @Option(names = "--warm-up", description = "Seconds of talking before the first run: the JVM compiles meanwhile.")
    private double warmUpSeconds = 10;

    @Option(names = "--runs", description = "How often all is measured.")
    private int runs = 5;

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
                Audience small = Audience.ofRooms(cluster.node().clients(), rooms, "small", members);
                Audience big = Audience.of(cluster.node().clients(), "big", "big", bigMembers)) {
            Report report = new Report("Small rooms beside a large one", Objects.requireNonNull(spec));
            report.fact("Roomwire", cluster.node().version() + ", one node, messages kept in its memory");
            report.fact(
                    "load",
                    "%d members in %d rooms, %.0f messages a second in all; beside them %d members in one, %.0f a second"
                            .formatted(members, rooms, rate, bigMembers, bigRate));
            Publisher speaker = Publisher.inRooms(small, rooms, size);
            Publisher crier = Publisher.inRoom(big.speaker(), "big", size);
            beside(crier, warmUpSeconds, () -> measure(speaker, small, warmUpSeconds));
            for (int run = 1; run <= runs; run++) {
                add(report, "alone", measure(speaker, small, seconds));
                beside(crier, seconds, () -> add(report, "beside", measure(speaker, small, seconds)));
                big.check();
                System.err.printf("bench: run %d of %d done%n", run, runs);
            }
            report.publish(reportFile);
        }
        return 0;
    }

    private Measurement measure(Publisher speaker, Audience small, double forSeconds) {
        return Measurement.of(speaker, rate, forSeconds, List.of(small), Map.of());
    }

    private void beside(Publisher crier, double forSeconds, Runnable measured) throws InterruptedException {
        Thread crying = new Thread(() -> crier.speak(bigRate, forSeconds), "bench-crier");
        crying.start();
        measured.run();
        crying.join();
    }

    private static void add(Report report, String when, Measurement measured) {
        report.add("p50 ms, " + when, measured.latencyMs(0, 50));
        report.add("p99 ms, " + when, measured.latencyMs(0, 99));
        report.add("lost, " + when, (double) measured.lost());
    }
}
