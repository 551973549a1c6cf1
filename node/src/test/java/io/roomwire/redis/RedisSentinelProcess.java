package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.time.Duration;

/** A master, its replica, and a Sentinel that knows both. */
public final class RedisSentinelProcess implements AutoCloseable {
    private final RedisProcess master = RedisProcess.standalone();
    private final RedisProcess replica = master.replica();
    private final RedisProcess sentinel;

    public RedisSentinelProcess() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> master.info("replication", "slave0").contains("state=online"));
        sentinel = RedisProcess.sentinel(master.port());
        await().atMost(Duration.ofSeconds(30))
                .until(() -> sentinel.info("sentinel", "master0").contains("slaves=1"));
    }

    /** The one that was the master at the start. */
    public RedisProcess master() {
        return master;
    }

    /** The one that was the replica at the start. */
    public RedisProcess replica() {
        return replica;
    }

    public Redis config() {
        return new Redis("redis-sentinel://127.0.0.1:" + sentinel.port() + "#main", RedisMode.SENTINEL, 2000, "");
    }

    @Override
    public void close() {
        sentinel.close();
        replica.close();
        master.close();
    }
}
