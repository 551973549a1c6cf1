package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Redis Cluster of three masters on the loopback, each with a third of the slots. */
public final class RedisClusterProcess implements AutoCloseable {
    private static final int MASTERS = 3;
    private static final int SLOTS = 16384;

    /** Their bus listens on the port plus 10,000, which has to be a port still. */
    private static final int MAX_PORT = 55_000;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<RedisProcess> masters = new ArrayList<>();
    private final List<RedisProcess> replicas = new ArrayList<>();

    public RedisClusterProcess() {
        for (int i = 0; i < MASTERS; i++) {
            masters.add(member());
        }
        int first = masters.get(0).port();
        for (int i = 0; i < MASTERS; i++) {
            int[] slots = IntStream.range(SLOTS * i / MASTERS, SLOTS * (i + 1) / MASTERS)
                    .toArray();
            masters.get(i).ask(commands -> commands.clusterAddSlots(slots));
            if (i > 0) {
                masters.get(i).ask(commands -> commands.clusterMeet("127.0.0.1", first));
            }
        }
        awaitWhole();
    }

    /** The same with a replica for each master. */
    public static RedisClusterProcess withReplicas() {
        RedisClusterProcess cluster = new RedisClusterProcess();
        for (RedisProcess master : cluster.masters) {
            RedisProcess replica = member();
            cluster.replicas.add(replica);
            replica.ask(commands -> commands.clusterMeet("127.0.0.1", master.port()));
        }
        cluster.awaitWhole();
        for (int i = 0; i < MASTERS; i++) {
            String id = cluster.masters.get(i).ask(commands -> commands.clusterMyId());
            cluster.replicas.get(i).ask(commands -> commands.clusterReplicate(id));
        }
        for (RedisProcess replica : cluster.replicas) {
            await().atMost(PATIENCE)
                    .until(() ->
                            replica.info("replication", "master_link_status").equals("up"));
        }
        cluster.awaitWhole();
        cluster.awaitAgreement();
        return cluster;
    }

    private static RedisProcess member() {
        int port = RedisProcess.freePort();
        while (port >= MAX_PORT) {
            port = RedisProcess.freePort();
        }
        return RedisProcess.with(
                port,
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "2000",
                "--cluster-require-full-coverage",
                "no",
                "--repl-diskless-sync-delay",
                "0");
    }

    public Stream<RedisProcess> all() {
        return Stream.concat(masters.stream(), replicas.stream());
    }

    /** Until every server knows all others, and of a server for each slot. */
    private void awaitWhole() {
        await().atMost(PATIENCE).until(() -> all().allMatch(this::isWhole));
    }

    /**
     * Until all agree on who replicates whom, and on a config epoch of its own for each master. A master that died while its
     * epoch was still changed would never be replaced: those who have the new one do not vote for a replica with the old one.
     */
    private void awaitAgreement() {
        await().atMost(PATIENCE).until(() -> {
            List<String> views = all().map(RedisClusterProcess::view).distinct().toList();
            String view = views.get(0);
            long epochs = lines(view, "master")
                    .map(line -> line.substring(line.lastIndexOf(' ')))
                    .distinct()
                    .count();
            return views.size() == 1
                    && epochs == MASTERS
                    && lines(view, "slave").count() == replicas.size();
        });
    }

    private static Stream<String> lines(String view, String role) {
        return view.lines().filter(line -> line.startsWith(role));
    }

    /** What a server knows of all: role, id, id of the master, epoch. */
    private static String view(RedisProcess server) {
        return server.ask(commands -> commands.clusterNodes())
                .lines()
                .map(line -> line.split(" "))
                .map(node -> String.join(" ", node[2].replace("myself,", ""), node[0], node[3], node[6]))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    private boolean isWhole(RedisProcess server) {
        String info = server.ask(commands -> commands.clusterInfo());
        return info.contains("cluster_state:ok")
                && info.contains("cluster_slots_ok:" + SLOTS)
                && info.contains("cluster_known_nodes:" + (masters.size() + replicas.size()));
    }

    /** The master that had that key's slot at the start. */
    public RedisProcess masterOf(String key) {
        return masters.get(placeOf(key));
    }

    /** The replica of {@link #masterOf}. */
    public RedisProcess replicaOf(String key) {
        return replicas.get(placeOf(key));
    }

    private static int placeOf(String key) {
        int slot = SlotHash.getSlot(key);
        return IntStream.range(0, MASTERS)
                .filter(i -> slot < SLOTS * (i + 1) / MASTERS)
                .findFirst()
                .orElseThrow();
    }

    /** Moves that key's slot, with what is in it, from its first master to the next one. */
    public void migrateSlotOf(String key) {
        beginMove(key);
        moveKeys(key, each -> true);
        endMove(key);
    }

    /** From now on what is not at its first master is looked for at the next one. */
    public void beginMove(String key) {
        int slot = SlotHash.getSlot(key);
        RedisProcess from = masterOf(key);
        RedisProcess to = nextMasterOf(key);
        String fromId = from.ask(commands -> commands.clusterMyId());
        String toId = to.ask(commands -> commands.clusterMyId());
        to.ask(commands -> commands.clusterSetSlotImporting(slot, fromId));
        from.ask(commands -> commands.clusterSetSlotMigrating(slot, toId));
    }

    /** Moves those keys of the slot. */
    public void moveKeys(String key, Predicate<String> which) {
        RedisProcess to = nextMasterOf(key);
        masterOf(key).ask(commands -> {
            for (String each : commands.clusterGetKeysInSlot(SlotHash.getSlot(key), Integer.MAX_VALUE)) {
                if (which.test(each)) {
                    commands.migrate("127.0.0.1", to.port(), each, 0, PATIENCE.toMillis());
                }
            }
            return null;
        });
    }

    private RedisProcess nextMasterOf(String key) {
        return masters.get((placeOf(key) + 1) % MASTERS);
    }

    public void endMove(String key) {
        int slot = SlotHash.getSlot(key);
        RedisProcess from = masterOf(key);
        RedisProcess to = nextMasterOf(key);
        String toId = to.ask(commands -> commands.clusterMyId());
        to.ask(commands -> commands.clusterSetSlotNode(slot, toId));
        from.ask(commands -> commands.clusterSetSlotNode(slot, toId));
    }

    /** Names two of the three: the rest is found. */
    public Redis config() {
        return new Redis(
                "redis://127.0.0.1:" + masters.get(0).port() + ",127.0.0.1:"
                        + masters.get(1).port(),
                RedisMode.CLUSTER,
                2000,
                "");
    }

    @Override
    public void close() {
        all().forEach(RedisProcess::close);
    }
}
