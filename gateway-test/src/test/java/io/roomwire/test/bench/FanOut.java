package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    @Mixin
    private final Load load = new Load(20);

    @Mixin
    private final FloorOption floorOption = new FloorOption();

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    @Override
    public Integer call() throws Exception {
        runs.requireEven(members, rooms);
        try (TestCluster cluster = jvm.cluster().start();
                Audience audience = Audience.ofRooms(cluster.node().clients(), rooms, "member", members);
                Floor floor = floorOption.start(floorMembers > 0 ? floorMembers : members)) {
            Report report = runs.report("Broadcasts on one node");
            report.fact("Roomwire", cluster.node().version() + ", one node, messages kept in its memory");
            report.fact(
                    "load",
                    "%d members in %d rooms, %.0f messages a second in all, content of %d characters; runs of %.0f s"
                            .formatted(members, rooms, rate, load.size(), load.seconds()));
            Publisher publisher = Publisher.inRooms(audience, rooms, load);
            runs.warmUp(
                    load.warmUpSeconds(),
                    () -> Measurement.of(publisher, rate, load.warmUpSeconds(), List.of(audience), Map.of()));
            runs.repeat(load.seconds() * (floor == null ? 1 : 2), () -> {
                Measurement cost = Measurement.of(
                        publisher,
                        rate,
                        load.seconds(),
                        List.of(audience),
                        Map.of(NODE, cluster.node().pid()));
                double each = cost.cpuUs(NODE, (double) cost.messages() * publisher.hearers(members));
                report.add("CPU µs a delivery", each);
                if (floor != null) {
                    Measurement least = floor.measure(load, floorRate > 0 ? floorRate : rate);
                    report.add("CPU µs a delivery, floor", floor.cpuUs(least));
                    report.add("to the floor", each / floor.cpuUs(least));
                    report.add("p50 ms, floor", least.latencyMs(0, 50));
                    report.add("p99 ms, floor", least.latencyMs(0, 99));
                    report.latencies("floor", least.latencies().get(0));
                }
                report.add("p50 ms", cost.latencyMs(0, 50));
                report.add("p99 ms", cost.latencyMs(0, 99));
                report.add("lost", (double) cost.lost());
                report.latencies("from due to received", cost.latencies().get(0));
            });
            runs.publish(report);
        }
        return 0;
    }
}
