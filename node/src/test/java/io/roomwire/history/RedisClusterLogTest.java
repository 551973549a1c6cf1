package io.roomwire.history;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisClusterLogTest extends RoomLogContract {
    private static RedisClusterProcess cluster;
    private static RedisClients clients;
    private static RedisLog log;

    @BeforeAll
    static void startRedis() {
        cluster = new RedisClusterProcess();
        clients = RedisProcess.connect(cluster.config());
        log = new RedisLog(
                new Config.RedisLog(KEPT, 3_600_000, 300_000),
                clients,
                "n-1",
                new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    }

    @AfterAll
    static void stopRedis() {
        log.close();
        clients.close();
        cluster.close();
    }

    @Override
    RoomLog log() {
        return log;
    }
}
