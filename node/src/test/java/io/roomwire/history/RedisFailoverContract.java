package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the log in Redis promises when a replica takes over from a master that was killed. */
abstract class RedisFailoverContract {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final UserId ALICE = new UserId("alice");

    final RoomId room = new RoomId("room");
    private RedisClients clients;
    private RedisLog log;

    /** Starts servers of its own for each test. */
    abstract Config.Redis startServers();

    /** The server that stores the room. */
    abstract RedisProcess master();

    /** The one that will take over. */
    abstract RedisProcess replica();

    @BeforeEach
    void connect() {
        clients = RedisProcess.connect(startServers());
        log = new RedisLog(
                new Config.RedisLog(100, 3_600_000, 300_000),
                clients,
                "n-1",
                new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    }

    @AfterEach
    void disconnect() {
        log.close();
        clients.close();
    }

    private Receipt append(String id) {
        Message message = new Message(0, 1, ALICE, id, id.getBytes(StandardCharsets.UTF_8));
        return log.append(new Draft(room, message))
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    /** As a client does that is told unavailable: again with the same id until it is acked. */
    private Receipt appendAtLast(String id) {
        Receipt[] receipt = new Receipt[1];
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(CompletionException.class)
                .until(() -> {
                    receipt[0] = append(id);
                    return true;
                });
        return receipt[0];
    }

    private Page page() {
        return log.read(room, Range.behind(0, 100)).toCompletableFuture().join();
    }

    private void awaitReplicated() {
        await().atMost(PATIENCE)
                .until(() -> replica()
                        .info("replication", "slave_repl_offset")
                        .equals(master().info("replication", "master_repl_offset")));
    }

    private static Head place(Receipt receipt) {
        return new Head(receipt.seq(), receipt.epoch());
    }

    @Test
    void noSeqIsGivenTwiceInOneEpochWhenAckedMessagesAreLost() {
        Set<Head> places = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            places.add(place(append("kept-" + i)));
        }
        awaitReplicated();
        replica().pause();
        master().ask(commands -> commands.clientKill(io.lettuce.core.KillArgs.Builder.typeSlave()));
        for (int i = 0; i < 5; i++) {
            places.add(place(append("lost-" + i)));
        }
        Head before = page().head();

        master().kill();
        replica().resume();

        for (int i = 0; i < 10; i++) {
            places.add(place(appendAtLast("new-" + i)));
        }
        assertThat(page().messages()).as("the loss that this is about").hasSize(15);
        assertThat(places).hasSize(20);
        assertThat(page().head().epoch()).isNotEqualTo(before.epoch());
        assertThat(page().head().began()).as("all that is new stands behind it").isEqualTo(5);
        assertThat(page().head().before()).containsExactly(new PastEpoch(before.epoch(), 5, false));
    }

    @Test
    void nothingIsLostWhenTheReplicaHadAll() {
        for (int i = 0; i < 5; i++) {
            append("kept-" + i);
        }
        Head before = page().head();
        awaitReplicated();

        master().kill();

        Receipt repeated = appendAtLast("kept-4");
        assertThat(repeated.duplicate()).isTrue();
        assertThat(repeated.seq()).isEqualTo(5);
        assertThat(page().head())
                .as("the epoch is the old one until a message is stored")
                .isEqualTo(before);
        Receipt next = append("new");
        assertThat(next.seq()).isEqualTo(6);
        assertThat(next.epoch()).isNotEqualTo(before.epoch());
        assertThat(page().messages()).extracting(Message::id).endsWith("kept-3", "kept-4", "new");
        assertThat(page().messages()).hasSize(6);
    }
}
