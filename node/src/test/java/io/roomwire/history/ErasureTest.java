package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Erasure is the same in both logs that outlive a node. */
@Timeout(120)
class ErasureTest {
    private static final UserId ALICE = new UserId("alice");
    private static final UserId BOB = new UserId("bob");
    private static final AtomicInteger ROOMS = new AtomicInteger();

    private static TestPostgres postgres;
    private static PostgresLog durable;
    private static RedisProcess redis;
    private static RedisClients clients;
    private static RedisLog quick;

    private final RoomId room = new RoomId("}room-" + ROOMS.incrementAndGet());

    enum Kind {
        POSTGRES,
        REDIS
    }

    @BeforeAll
    static void startServers() {
        postgres = new TestPostgres();
        durable = postgres.log();
        redis = RedisProcess.standalone();
        clients = redis.connect();
        quick = new RedisLog(
                new Config.RedisLog(5000, 3_600_000, 300_000),
                clients,
                "n-1",
                new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    }

    @AfterAll
    static void stopServers() {
        durable.close();
        postgres.close();
        quick.close();
        clients.close();
        redis.close();
    }

    private static RoomLog log(Kind kind) {
        return kind == Kind.POSTGRES ? durable : quick;
    }

    private static long run(Kind kind, Erasing what, boolean erase) throws IOException {
        if (kind == Kind.REDIS) {
            return new RedisErasure(clients).run(what, erase);
        }
        Config.Postgres config = postgres.config(1, 0);
        return new PostgresErasure(config, config.servers().get(0)).run(what, erase);
    }

    private static Receipt append(Kind kind, RoomId room, UserId sender, String id) {
        return RoomLogContract.get(
                log(kind).append(new Draft(room, RoomLogContract.message(sender, id, "\"secret\""))));
    }

    private static List<Message> messages(Kind kind, RoomId room) {
        return RoomLogContract.get(log(kind).read(room, Range.behind(0, 5000))).messages();
    }

    private static List<Long> erased(Kind kind, RoomId room) {
        return messages(kind, room).stream()
                .filter(Message::isErased)
                .map(Message::seq)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void oneSendersMessagesInARoomLoseTheirContentAndKeepTheirPlace(Kind kind) throws Exception {
        append(kind, room, ALICE, "m-1");
        append(kind, room, BOB, "m-2");
        append(kind, room, ALICE, "m-3");

        assertThat(run(kind, new Erasing(room, ALICE), false))
                .as("only counted")
                .isEqualTo(2);
        assertThat(erased(kind, room)).isEmpty();
        assertThat(run(kind, new Erasing(room, ALICE), true)).isEqualTo(2);

        assertThat(messages(kind, room)).extracting(Message::seq).containsExactly(1L, 2L, 3L);
        assertThat(erased(kind, room)).containsExactly(1L, 3L);
        assertThat(run(kind, new Erasing(room, ALICE), true)).as("done before").isZero();
        assertThat(append(kind, room, ALICE, "m-1"))
                .as("sent again it is not stored again")
                .matches(receipt -> receipt.duplicate() && receipt.seq() == 1);
        assertThat(append(kind, room, ALICE, "m-4").seq()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    void aSenderIsErasedInAllRooms(Kind kind) throws Exception {
        UserId carol = new UserId("carol-" + kind);
        RoomId other = new RoomId(room + "-other");
        append(kind, room, carol, "m-1");
        append(kind, other, BOB, "m-1");
        append(kind, other, carol, "m-1");

        assertThat(run(kind, new Erasing(null, carol), true)).isEqualTo(2);

        assertThat(erased(kind, room)).containsExactly(1L);
        assertThat(erased(kind, other)).containsExactly(2L);
    }

    @ParameterizedTest
    @EnumSource
    void aRoomIsErasedWholeHoweverLong(Kind kind) throws Exception {
        int count = 1500;
        for (int i = 1; i < count; i++) {
            var stored = log(kind).append(new Draft(room, RoomLogContract.message(ALICE, null, "1")));
            if (i % 100 == 0 || i == count - 1) { // the last, since another sender comes next
                RoomLogContract.get(stored); // a loaded machine must not run into redis.timeout
            }
        }
        assertThat(append(kind, room, BOB, null).seq()).isEqualTo(count);

        assertThat(run(kind, new Erasing(room, null), true)).isEqualTo(count);

        assertThat(erased(kind, room)).hasSize(count);
    }
}
