package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Two nodes and Redis. In each run, one behind the other:
 *
 * <ul>
 *   <li>cost: the publisher on one node, all members on the other, at the full rate;
 *   <li>latency: as many members on both nodes, at a tenth of the rate, so that no queue of a busy machine is measured;
 *   <li>the floor, if its program is given: as many clients of it, at the full rate.
 * </ul>
 */
@Command(
        name = "cross-node",
        description = "CPU and latency of a broadcast between two nodes, beside those within a node.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class CrossNode implements Callable<Integer> {
    private static final double LATENCY_SHARE = 0.1;
    private static final String NEAR = "publishing node";
    private static final String FAR = "receiving node";
    private static final String REDIS = "Redis";
    private static final String DELIVERY = "CPU µs a delivery, ";
    private static final String MESSAGE = "CPU µs a message, ";

    @Option(names = "--members", description = "Members of the room on the receiving node.")
    private int members = 1000;

    @Option(names = "--rate", description = "Messages a second.")
    private double rate = 100;

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
        try (TestRedis redis = TestRedis.process();
                TestCluster cluster =
                        jvm.cluster().nodes(2).with("redis.uri", redis.uri()).start();
                Place cost = Place.between(cluster, "cost", members, 1);
                Place both = Place.between(cluster, "both", members, members);
                Floor floor = floorOption.start(members)) {
            Report report = report(cluster);
            Map<String, Long> processes =
                    Map.of(NEAR, cluster.node(0).pid(), FAR, cluster.node(1).pid(), REDIS, redis.pid());
            runs.warmUp(load.warmUpSeconds(), () -> {
                double half = load.warmUpSeconds() / 2;
                Measurement.of(cost.publisher(load), rate, half, cost.audiences(), Map.of());
                Measurement.of(both.publisher(load), rate * LATENCY_SHARE, half, both.audiences(), Map.of());
            });
            runs.repeat(load.seconds() * (floor == null ? 2 : 3), () -> {
                cost(report, cost, processes);
                if (floor != null) {
                    floor(report, floor);
                }
                latency(report, both, processes);
            });
            runs.publish(report);
        }
        return 0;
    }

    private void cost(Report report, Place place, Map<String, Long> processes) {
        Measurement cost = Measurement.of(place.publisher(load), rate, load.seconds(), place.audiences(), processes);
        report.add(DELIVERY + FAR, cost.cpuUs(FAR, (double) cost.messages() * members));
        report.add(MESSAGE + NEAR, cost.cpuUs(NEAR, cost.messages()));
        report.add(MESSAGE + REDIS, cost.cpuUs(REDIS, cost.messages()));
        report.add("lost", (double) cost.lost());
    }

    private void floor(Report report, Floor floor) {
        double each = floor.cpuUs(floor.measure(load, rate));
        report.add(DELIVERY + "floor", each);
        report.add("receiving node to floor, a delivery", report.last(DELIVERY + FAR) / each);
    }

    private void latency(Report report, Place place, Map<String, Long> processes) {
        Measurement quiet = Measurement.of(
                place.publisher(load), rate * LATENCY_SHARE, load.seconds(), place.audiences(), processes);
        for (double percentile : new double[] {50, 99}) {
            String name = "p%.0f ms ".formatted(percentile);
            double within = quiet.latencyMs(0, percentile);
            double across = quiet.latencyMs(1, percentile);
            report.add(name + "within the node", within);
            report.add(name + "across nodes", across);
            report.add(name + "across, less within", across - within);
        }
        report.add("lost", (double) quiet.lost());
        report.latencies("within the node", quiet.latencies().get(0));
        report.latencies("across nodes", quiet.latencies().get(1));
    }

    private Report report(TestCluster cluster) {
        Report report = runs.report("A broadcast across two nodes");
        TestNode node = cluster.node(0);
        report.fact("Roomwire", node.version() + ", two nodes, Redis beside them, messages kept in Redis");
        report.fact(
                "load",
                "cost: %d members on the receiving node, %.0f messages a second; latency: %d members on each node, %.0f messages a second; content of %d characters; runs of %.0f s"
                        .formatted(members, rate, members, rate * LATENCY_SHARE, load.size(), load.seconds()));
        return report;
    }

    /** A room over both nodes, and who is in it where; the publisher is one of the first. */
    private record Place(String room, Audience near, Audience far) implements AutoCloseable {
        static Place between(TestCluster cluster, String room, int far, int near) throws InterruptedException {
            return new Place(
                    room,
                    Audience.of(cluster.node(0).clients(), room, room + "-near", near),
                    Audience.of(cluster.node(1).clients(), room, room + "-far", far));
        }

        List<Audience> audiences() {
            return List.of(near, far);
        }

        Publisher publisher(Load load) {
            return Publisher.inRoom(near, room, load);
        }

        @Override
        public void close() {
            near.close();
            far.close();
        }
    }
}
