package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    @Mixin
    private final Load load = new Load(10);

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    @Override
    public Integer call() throws Exception {
        runs.requireEven(members, rooms);
        try (TestCluster cluster = jvm.cluster().start();
                Audience small = Audience.ofRooms(cluster.node().clients(), rooms, "small", members);
                Audience big = Audience.of(cluster.node().clients(), "big", "big", bigMembers)) {
            Report report = runs.report("Small rooms beside a large one");
            report.fact("Roomwire", cluster.node().version() + ", one node, messages kept in its memory");
            report.fact(
                    "load",
                    "%d members in %d rooms, %.0f messages a second in all; beside them %d members in one, %.0f a second"
                            .formatted(members, rooms, rate, bigMembers, bigRate));
            Publisher speaker = Publisher.inRooms(small, rooms, load);
            Publisher crier = Publisher.inRoom(big, "big", load);
            runs.warmUp(
                    load.warmUpSeconds(),
                    () -> beside(crier, load.warmUpSeconds(), () -> measure(speaker, small, load.warmUpSeconds())));
            runs.repeat(load.seconds() * 2, () -> {
                add(report, "alone", measure(speaker, small, load.seconds()));
                beside(crier, load.seconds(), () -> add(report, "beside", measure(speaker, small, load.seconds())));
                big.check();
            });
            runs.publish(report);
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
        report.latencies(when, measured.latencies().get(0));
    }
}
