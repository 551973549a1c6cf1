package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A room of a node beside the same room of other servers. All of them run, with their members connected, and are measured
 * in turns by the same client.
 */
@Command(
        name = "peers",
        description = "CPU and latency of broadcasts, beside other servers that are installed here.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Peers implements Callable<Integer> {
    private static final String US = "Roomwire";
    private static final double STEP = 1.5;

    @Option(names = "--members", description = "Members of the room, at each server.")
    private int members = 1000;

    @Option(names = "--rate", description = "Messages a second.")
    private double rate = 100;

    @Option(
            names = "--nodes",
            description = "Nodes, and as many of each server, around a Redis; over one, whoever cannot is left out.")
    private int nodes = 1;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Of the installed peers, these.")
    private List<String> only = List.of();

    @Option(names = "--node-modules", paramLabel = "DIR", description = "Where ws and socket.io are installed.")
    private @Nullable Path nodeModules;

    @Option(
            names = "--program",
            paramLabel = "NAME=COMMAND",
            description = "One more peer: it listens on the port of its last argument, and gives all to all.")
    private Map<String, String> programs = new LinkedHashMap<>();

    @Option(names = "--highest", description = "Looks also for the highest rate that each holds, by steps of one half.")
    private boolean highest;

    @Mixin
    private final Load load = new Load(10);

    @Mixin
    private final ServerJvm jvm = new ServerJvm();

    @Mixin
    private final Runs runs = new Runs();

    @Override
    public Integer call() throws Exception {
        List<PeerKind> kinds = kinds();
        Report report = runs.report("Beside other servers");
        report.fact(
                "load",
                "%d members in a room, %.0f messages a second, content of %d characters; runs of %.0f s"
                        .formatted(members, rate, load.size(), load.seconds()));
        try (Opened open = new Opened()) {
            List<Contestant> contestants = new ArrayList<>();
            contestants.add(open.add(ours(open, report)));
            for (PeerKind kind : kinds) {
                Peer peer = open.add(Peer.start(kind, nodes));
                report.fact(kind.name(), kind.version());
                contestants.add(open.add(
                        Contestant.joined(kind.name(), kind.dialect(), peer.addresses(), peer::pids, members, load)));
            }
            runs.warmUp(
                    load.warmUpSeconds() * contestants.size(),
                    () -> contestants.forEach(contestant -> contestant.measure(rate, load.warmUpSeconds())));
            runs.repeat(load.seconds() * contestants.size(), () -> compare(report, contestants));
            if (highest) {
                climb(report, contestants);
            }
            runs.publish(report);
        }
        return 0;
    }

    private List<PeerKind> kinds() throws IOException {
        List<PeerKind> kinds = new ArrayList<>(PeerKind.installed(nodeModules, jvm));
        kinds.removeIf(kind -> nodes > 1 && !kind.spansNodes());
        List<String> known = kinds.stream().map(PeerKind::name).toList();
        if (!known.containsAll(only)) {
            throw runs.refusal("--only: of " + only + " there are here, for so many nodes: " + known);
        }
        kinds.removeIf(kind -> !only.isEmpty() && !only.contains(kind.name()));
        if (programs.containsKey(US) || programs.keySet().stream().anyMatch(known::contains)) {
            throw runs.refusal("--program: a name of its own is needed, other than Roomwire and " + known);
        }
        if (nodes == 1) {
            programs.forEach((name, command) -> kinds.add(PeerKind.program(name, command)));
        }
        return kinds;
    }

    private Contestant ours(Opened open, Report report) throws InterruptedException {
        TestCluster.Builder builder = jvm.cluster().nodes(nodes);
        List<Long> pids = new ArrayList<>();
        if (nodes > 1) {
            TestRedis redis = open.add(TestRedis.process());
            builder.with("redis.uri", redis.uri());
            pids.add(redis.pid());
        }
        TestCluster cluster = open.add(builder.start());
        cluster.nodes().forEach(node -> pids.add(node.pid()));
        report.fact(
                US,
                cluster.node(0).version() + ", messages kept " + (nodes > 1 ? "in Redis" : "in memory") + ", nodes: "
                        + nodes);
        return Contestant.joined(
                US,
                Dialect.ROOMWIRE,
                cluster.nodes().stream().map(TestNode::clients).toList(),
                () -> pids,
                members,
                load);
    }

    private void compare(Report report, List<Contestant> contestants) {
        double ours = 0;
        for (Contestant contestant : List.copyOf(contestants)) {
            Measurement cost;
            try {
                cost = contestant.measure(rate, load.seconds());
            } catch (IllegalStateException | UncheckedIOException e) { // it sent somebody away, or it is gone
                report.fact(contestant.name() + " is left out from here", String.valueOf(e.getMessage()));
                contestants.remove(contestant);
                continue;
            }
            double each = contestant.cpuUs(cost);
            report.add("CPU µs a delivery, " + contestant.name(), each);
            if (contestant.name().equals(US)) {
                ours = each;
            } else {
                ratio(report, "ratio of Roomwire's CPU, to " + contestant.name(), ours, each);
            }
            report.add("p50 ms, " + contestant.name(), cost.latencyMs(0, 50));
            report.add("p99 ms, " + contestant.name(), cost.latencyMs(0, 99));
            report.latencies(contestant.name(), cost.latencies().get(0));
            report.add("lost, " + contestant.name(), (double) cost.lost());
        }
    }

    /** None where one of them is too small to be measured. */
    private static void ratio(Report report, String name, double ours, double theirs) {
        if (ours > 0 && theirs > 0) {
            report.add(name, ours / theirs);
        }
    }

    /** The last rate that a server holds, and what it costs there. A server that was overrun is not asked again. */
    private void climb(Report report, List<Contestant> contestants) {
        double ours = 0;
        for (Contestant contestant : contestants) {
            double most = 0;
            double each = 0;
            try {
                for (double tried = rate; ; tried *= STEP) {
                    Measurement cost = contestant.measure(tried, load.seconds());
                    if (!Contestant.held(cost)) {
                        break;
                    }
                    most = contestant.deliveries(tried);
                    each = contestant.cpuUs(cost);
                    Runs.progress("%s holds %.0f deliveries a second".formatted(contestant.name(), most));
                }
            } catch (IllegalStateException | UncheckedIOException e) {
                Runs.progress(contestant.name() + ": " + e.getMessage());
            }
            contestant.close(); // what still waits for its members would be work beside the next
            report.add("most deliveries a second, " + contestant.name(), most);
            report.add("CPU µs a delivery there, " + contestant.name(), each);
            if (contestant.name().equals(US)) {
                ours = each;
            } else {
                ratio(report, "ratio of Roomwire's CPU there, to " + contestant.name(), ours, each);
            }
        }
    }
}
