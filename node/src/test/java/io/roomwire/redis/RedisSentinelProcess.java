package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
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

    /** Tells the Sentinel to make the replica the master, and does not wait for that. */
    public void failover() {
        sentinel.ask(commands -> commands.dispatch(
                CommandType.SENTINEL,
                new StatusOutput<>(StringCodec.UTF8),
                new CommandArgs<>(StringCodec.UTF8).add("FAILOVER").add("main")));
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
