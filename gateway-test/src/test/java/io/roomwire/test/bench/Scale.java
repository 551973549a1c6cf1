package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Whether a delivery costs the same however many rooms and nodes there are. Rooms have one size, and their members are the
 * same connections, each of which is in more rooms where there are more; all rooms together get the same rate, so that
 * deliveries a second are the same everywhere. All nodes and members are there all the time, and are measured in turns.
 */
@Command(
        name = "scale",
        description = "CPU of a delivery by the number of rooms and of nodes, as a table.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Scale implements Callable<Integer> {
    @Option(names = "--rooms", split = ",", description = "Numbers of rooms.")
    private List<Integer> rooms = List.of(10, 100, 1000, 10_000);

    @Option(names = "--nodes", split = ",", description = "Numbers of nodes.")
    private List<Integer> nodes = List.of(1, 2, 4);

    @Option(names = "--connections", description = "Connections, spread over the nodes; each room has some of them.")
    private int connections = 1000;

    @Option(names = "--room-size", description = "Members of a room.")
    private int roomSize = 10;

    @Option(names = "--rate", description = "Messages a second, over all rooms.")
    private double rate = 2000;

    @Mixin
    private final Load load = new Load(10);

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    @Override
    public Integer call() throws Exception {
        if (connections < roomSize) {
            throw runs.refusal("--connections has to be --room-size at least: nobody is in a room twice");
        }
        List<Place> places = new ArrayList<>();
        try (Opened open = new Opened()) {
            for (int count : nodes) {
                TestRedis redis = open.add(TestRedis.process());
                TestCluster cluster = open.add(jvm.cluster()
                        .nodes(count)
                        .with("redis.uri", redis.uri())
                        .with("limits.rooms-per-connection", 0)
                        .start());
                for (int number : rooms) {
                    places.add(open.add(join(cluster, number)));
                }
            }
            measure(places);
        }
        return 0;
    }

    /** Rooms over some nodes, and who is in them. */
    private record Place(TestCluster cluster, Audience members, Publisher publisher, int rooms)
            implements AutoCloseable {
        double cpuUs(Measurement cost) {
            return cost.cpuUs((double) cost.messages() * publisher.hearers(members.memberships()));
        }

        @Override
        public void close() {
            members.close();
        }
    }

    private Place join(TestCluster cluster, int number) throws InterruptedException {
        int size = Math.min(connections, number * roomSize);
        String prefix = "rooms-" + number;
        Audience members = Audience.of(
                cluster.nodes().stream().map(TestNode::clients).toList(),
                Dialect.ROOMWIRE,
                size,
                member -> roomsOf(member, size, number, prefix),
                prefix);
        List<Publisher.Place> places = IntStream.range(0, number)
                .mapToObj(room ->
                        new Publisher.Place(members.speakers().get(room * roomSize % size), prefix + "-" + room))
                .toList();
        return new Place(cluster, members, Publisher.of(members, places, load), number);
    }

    /** Room r has the members r times its size and on, counted around. */
    private List<String> roomsOf(int member, int size, int number, String prefix) {
        return IntStream.iterate(member, seat -> seat < number * roomSize, seat -> seat + size)
                .mapToObj(seat -> prefix + "-" + seat / roomSize)
                .toList();
    }

    private void measure(List<Place> places) throws Exception {
        Report report = runs.report("Cost of a delivery by rooms and nodes");
        report.fact(
                "Roomwire",
                places.get(0).cluster().node(0).version() + ", messages kept in Redis, whose CPU is not counted");
        report.fact(
                "load",
                "rooms of %d members of %d connections at most, %.0f messages a second in all, content of %d characters; runs of %.0f s"
                        .formatted(roomSize, connections, rate, load.size(), load.seconds()));
        runs.warmUp(
                load.warmUpSeconds() * places.size(), () -> places.forEach(place -> run(place, load.warmUpSeconds())));
        runs.repeat(load.seconds() * places.size(), () -> {
            long lost = 0;
            for (Place place : places) {
                Measurement cost = run(place, load.seconds());
                String series = ", nodes: " + place.cluster().nodes().size();
                String where = place.rooms() + " rooms";
                report.point("CPU µs a delivery" + series, where, place.cpuUs(cost));
                report.point("p50 ms" + series, where, cost.latencyMs(0, 50));
                lost += cost.lost();
            }
            report.add("lost", (double) lost);
        });
        runs.publish(report);
    }

    private Measurement run(Place place, double seconds) {
        Map<String, Long> processes = new LinkedHashMap<>();
        place.cluster().nodes().forEach(node -> processes.put(node.id(), node.pid()));
        return Measurement.of(place.publisher(), rate, seconds, List.of(place.members()), processes);
    }
}
