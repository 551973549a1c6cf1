package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A Redis Cluster of three masters on the loopback, each with a third of the slots. */
public final class RedisClusterProcess implements AutoCloseable {
    private static final int MASTERS = 3;
    private static final int SLOTS = 16384;

    /** Their bus listens on the port plus 10,000, which has to be a port still. */
    private static final int MAX_PORT = 55_000;

    private final List<RedisProcess> masters = new ArrayList<>();

    public RedisClusterProcess() {
        while (masters.size() < MASTERS) {
            int port = RedisProcess.freePort();
            if (port < MAX_PORT) {
                masters.add(RedisProcess.with(port, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"));
            }
        }
        for (int i = 0; i < MASTERS; i++) {
            int[] slots = IntStream.range(SLOTS * i / MASTERS, SLOTS * (i + 1) / MASTERS)
                    .toArray();
            int first = masters.get(0).port();
            boolean meets = i > 0;
            with(masters.get(i), commands -> {
                commands.clusterAddSlots(slots);
                if (meets) {
                    commands.clusterMeet("127.0.0.1", first);
                }
            });
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> masters.stream().allMatch(RedisClusterProcess::isWhole));
    }

    private static boolean isWhole(RedisProcess master) {
        boolean[] whole = new boolean[1];
        with(master, commands -> {
            String info = commands.clusterInfo();
            whole[0] = info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + MASTERS);
        });
        return whole[0];
    }

    private static void with(RedisProcess server, java.util.function.Consumer<RedisCommands<String, String>> action) {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + server.port());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            action.accept(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    /** Names two of the three: the rest is found. */
    public Redis config() {
        return new Redis(
                "redis://127.0.0.1:" + masters.get(0).port() + ",127.0.0.1:"
                        + masters.get(1).port(),
                RedisMode.CLUSTER,
                2000);
    }

    @Override
    public void close() {
        masters.forEach(RedisProcess::close);
    }
}
