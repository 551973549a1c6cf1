package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Range;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import io.roomwire.redis.RedisSentinelProcess;
import io.roomwire.redis.Replicas;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With {@code redis-log.replicas} an acked message outlives its master. */
class RedisReplicasTest {
    private final RedisSentinelProcess servers = new RedisSentinelProcess();
    private final RedisClients clients = RedisProcess.connect(servers.config());
    private final Replicas replicas = new Replicas(clients, 1);
    private final RedisLog log = new RedisLog(
            new Config.RedisLog(100_000, 1L << 40, 3_600_000, 300_000, 1),
            clients,
            replicas,
            clients,
            "n-1",
            new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    private final RoomId room = new RoomId("room");

    @AfterEach
    void close() {
        log.close();
        clients.close();
        servers.close();
    }

    private CompletableFuture<Receipt> append(String sender, String id) {
        Message message = new Message(0, 1, new UserId(sender), id, "1".getBytes(StandardCharsets.UTF_8));
        return log.append(new Draft(room, message)).toCompletableFuture();
    }

    private Receipt get(CompletableFuture<Receipt> receipt) {
        return receipt.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Test
    void whatNoReplicaHasIsNotAckedUntilOneHas() {
        assertThat(get(append("alice", "m-1")).seq()).isEqualTo(1);
        servers.replica().pause();

        assertThatThrownBy(() -> get(append("alice", "m-2")))
                .hasCauseInstanceOf(LogUnavailableException.class)
                .hasMessageContaining("replicas");
        assertThat(replicas.areMissing()).isTrue();
        assertThatThrownBy(() -> get(append("alice", "m-2")))
                .as("sent again it is stored, and no replica has it still")
                .hasCauseInstanceOf(LogUnavailableException.class);

        servers.replica().resume();
        await().ignoreExceptions().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            Receipt again = get(append("alice", "m-2"));
            assertThat(again.seq()).isEqualTo(2);
            assertThat(again.duplicate()).isTrue();
        });
    }

    @Test
    void nothingThatWasAckedIsLostInAFailoverThatTheSentinelsPlanned() {
        Queue<String> acked = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<?>> all = new ArrayList<>();
        long[] number = new long[1];
        servers.failover();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    String id = "m-" + number[0]++;
                    all.add(append("sender-" + number[0] % 20, id)
                            .thenAccept(receipt -> acked.add(id))
                            .exceptionally(refused -> null));
                    return number[0] > 500
                            && servers.replica().info("replication", "role").equals("master");
                });
        for (int i = 0; i < 500; i++) {
            String id = "m-" + number[0]++;
            all.add(append("sender-" + i % 20, id)
                    .thenAccept(receipt -> acked.add(id))
                    .exceptionally(refused -> null));
        }
        all.forEach(each -> each.orTimeout(10, TimeUnit.SECONDS).join());

        List<String> stored =
                servers.replica().ask(commands -> commands.xrange("rw:s:{room}", Range.unbounded())).stream()
                        .map(entry -> entry.getBody().get("i"))
                        .toList();
        assertThat(acked).as("some were acked").hasSizeGreaterThan(100);
        assertThat(stored).containsAll(acked);
    }
}
