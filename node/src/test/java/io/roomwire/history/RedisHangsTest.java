package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A Redis that holds its connections and answers nothing costs a bounded amount of memory, however long that lasts. */
class RedisHangsTest {
    private static final int TIMEOUT_MS = 500;

    /** What was refused at least so often was refused for good: the first bytes that wait are given back by then. */
    private static final int ROUNDS = 12;

    private static final long ROUND_BYTES = 64L << 20;
    private static final byte[] CONTENT = content();

    private final RoomId room = new RoomId("room");
    private final AtomicLong takenBytes = new AtomicLong();

    private static byte[] content() {
        byte[] content = new byte[1 << 20];
        Arrays.fill(content, (byte) '1');
        return content;
    }

    @Test
    void oneServer() {
        try (RedisProcess server = RedisProcess.standalone()) {
            hang(server, server.config());
        }
    }

    @Test
    void aMasterOfACluster() {
        try (RedisClusterProcess servers = new RedisClusterProcess()) {
            hang(servers.masterOf(RedisProcess.KEYS.channel(room.text())), servers.config());
        }
    }

    private void hang(RedisProcess server, Config.Redis config) {
        Config.Redis impatient = new Config.Redis(config.uri(), config.mode(), TIMEOUT_MS, "");
        try (RedisClients clients = RedisProcess.connect(impatient);
                RedisLog log = new RedisLog(
                        new Config.RedisLog(10, 60_000, 60_000),
                        clients,
                        "n-1",
                        new FrameWriter(UnpooledByteBufAllocator.DEFAULT))) {
            append(log, "before").orTimeout(10, TimeUnit.SECONDS).join();
            server.pause();
            for (int round = 0; round < ROUNDS; round++) {
                fill(log);
            }
            assertThat(takenBytes.get()).isLessThan(5 * ROUND_BYTES);

            server.resume();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> append(log, "after")
                                    .orTimeout(5, TimeUnit.SECONDS)
                                    .join()
                                    .seq()
                            > 0);
        }
    }

    /** Appends until all that can wait for Redis does, and waits until that is told to have failed. */
    private void fill(RedisLog log) {
        CompletableFuture<Receipt> last = null;
        for (long bytes = 0; bytes < ROUND_BYTES; bytes += CONTENT.length) {
            CompletableFuture<Receipt> each = append(log, null);
            if (!each.isDone()) {
                takenBytes.addAndGet(CONTENT.length);
                last = each;
            }
        }
        if (last != null) {
            await().atMost(Duration.ofSeconds(20)).until(last::isDone);
        }
    }

    private CompletableFuture<Receipt> append(RedisLog log, String id) {
        byte[] content = id == null ? CONTENT : "1".getBytes(StandardCharsets.UTF_8);
        return log.append(new Draft(room, new Message(0, 1, new UserId("alice"), id, content)))
                .toCompletableFuture();
    }
}
