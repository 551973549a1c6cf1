package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** While a slot of a cluster moves, or a move was given up, its rooms go on. */
class RedisSlotMovesTest {
    private static final UserId ALICE = new UserId("alice");

    private final RedisClusterProcess servers = new RedisClusterProcess();
    private final RedisClients clients = RedisProcess.connect(servers.config());
    private final RedisLog log = new RedisLog(
            new Config.RedisLog(100, 3_600_000, 300_000),
            clients,
            "n-1",
            new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    private final RoomId room = new RoomId("room");
    private final String key = RedisProcess.KEYS.channel(room.text());

    @AfterEach
    void close() {
        log.close();
        clients.close();
        servers.close();
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private Receipt append(RoomId to, String id) {
        return get(log.append(new Draft(to, new Message(0, 1, ALICE, id, "1".getBytes(StandardCharsets.UTF_8)))));
    }

    private RoomId anotherRoomOfTheSlot() {
        for (int i = 0; ; i++) {
            RoomId other = new RoomId("other-" + i);
            if (SlotHash.getSlot(RedisProcess.KEYS.channel(other.text())) == SlotHash.getSlot(key)) {
                return other;
            }
        }
    }

    @Test
    void aRoomGoesOnThoughAMoveWasGivenUpBeforeItsTurn() {
        append(room, "before");
        servers.beginMove(key);

        assertThat(append(room, null).seq()).isEqualTo(2);
        assertThat(append(room, "during").seq()).isEqualTo(3);
        assertThat(append(room, "during").duplicate()).isTrue();
        assertThat(append(room, "before").duplicate()).isTrue();
        assertThat(get(log.read(room, Range.behind(0, 10))).messages()).hasSize(3);
        assertThat(clients.isSlotMoving()).isFalse();
    }

    @Test
    void aRoomInWhichNothingWasSaidGoesOnToo() {
        get(log.open(room));
        servers.beginMove(key);

        assertThat(append(room, "during").seq()).isEqualTo(1);
    }

    @Test
    void aRoomThatBeginsMeanwhileBeginsAtTheNewServer() {
        servers.beginMove(key);
        RoomId other = anotherRoomOfTheSlot();

        get(log.open(other));
        assertThat(append(other, "first").seq()).isEqualTo(1);
        assertThat(append(other, "first").duplicate()).isTrue();
        assertThat(append(other, "second").seq()).isEqualTo(2);
    }

    @Test
    void anIdIsKnownWhereverItsKeyIsMeanwhileAndAfterwards() {
        append(room, "before");
        servers.beginMove(key);
        servers.moveKeys(key, each -> each.startsWith("rw:i:"));
        assertThat(append(room, "before").duplicate())
                .as("its key has moved, the room has not")
                .isTrue();
        append(room, "during");

        servers.moveKeys(key, each -> true);
        assertThat(append(room, "before").duplicate()).as("all has moved").isTrue();
        assertThat(append(room, "during").duplicate()).isTrue();
        servers.endMove(key);
        await().ignoreExceptions().until(() -> append(room, "during").duplicate());
        assertThat(append(room, "before").duplicate()).isTrue();
        assertThat(append(room, "after").seq()).isEqualTo(3);
    }

    @Test
    void aRoomWhoseKeysAreApartIsUnavailableAndNoSeqIsLost() {
        append(room, "before");
        servers.beginMove(key);
        servers.moveKeys(key, each -> each.startsWith("rw:s:"));

        assertThatThrownBy(() -> append(room, "apart")).hasCauseInstanceOf(LogUnavailableException.class);
        assertThat(clients.isSlotMoving()).as("it is told").isTrue();

        servers.moveKeys(key, each -> true);
        servers.endMove(key);
        await().ignoreExceptions().until(() -> append(room, "apart").seq() == 2);
        assertThat(get(log.read(room, Range.behind(0, 10))).messages()).hasSize(2);
    }
}
