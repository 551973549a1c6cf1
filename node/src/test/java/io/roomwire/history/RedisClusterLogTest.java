package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisClusterLogTest extends RoomLogContract {
    private static final UserId ALICE = new UserId("alice");

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

    @Test
    void pagesAreReadByConnectionsOfTheirOwn() {
        await().until(() -> clients.pagesAt() != null);
        append(room, ALICE, "m-1", "1");
        String meta = RedisProcess.KEYS.of("l", room.text());
        await("the connection to that server stands")
                .ignoreExceptions()
                .until(() -> get(clients.pageCommands().exists(meta)) == 1);

        assertThat(get(log.read(room, Range.behind(0, 10))).messages()).hasSize(1);
    }
}
