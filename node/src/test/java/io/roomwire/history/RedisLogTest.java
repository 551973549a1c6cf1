package io.roomwire.history;

import static io.roomwire.redis.RedisScript.arg;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisLogTest extends RoomLogContract {
    private static final Config.RedisLog CONFIG = new Config.RedisLog(KEPT, 3_600_000, 300_000);
    private static final UserId ALICE = new UserId("alice");

    private static RedisProcess redis;

    private RedisClients clients;
    private RedisLog log;
    private final List<AutoCloseable> others = new ArrayList<>();

    @BeforeAll
    static void startRedis() {
        redis = RedisProcess.standalone();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void connect() {
        clients = redis.connect();
        log = new RedisLog(CONFIG, clients, "n-1", new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
    }

    @AfterEach
    void disconnect() throws Exception {
        log.close();
        clients.close();
        for (AutoCloseable other : others) {
            other.close();
        }
    }

    @Override
    RoomLog log() {
        return log;
    }

    @Override
    List<RoomLog> nodes() {
        List<RoomLog> nodes = new ArrayList<>(List.of(log));
        for (String id : List.of("n-2", "n-3")) {
            RedisClients toRedis = redis.connect();
            RedisLog node = new RedisLog(CONFIG, toRedis, id, new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
            others.add(node);
            others.add(toRedis);
            nodes.add(node);
        }
        return nodes;
    }

    /** As a server does that was started again, but for its data, and what it has begun it still does. */
    @Override
    void disturb() {
        clients.commands().scriptFlush();
    }

    @Test
    void seqsOfTwoNodesAreOneSequence() {
        try (RedisLog other = new RedisLog(CONFIG, clients, "n-2", new FrameWriter(UnpooledByteBufAllocator.DEFAULT))) {
            append(room, ALICE, null, "1");
            Receipt second = get(other.append(new Draft(room, message(ALICE, null, "2"))));

            assertThat(second.seq()).isEqualTo(2);
            assertThat(second.relayed()).isTrue();
            assertThat(get(other.open(room))).isEqualTo(get(log.open(room)));
        }
    }

    @Test
    void everyKeyOfARoomExpires() {
        append(room, ALICE, "m-1", "1");

        List<String> keys = get(clients.commands().keys("*" + room + "*"));

        assertThat(keys).hasSize(3);
        assertThat(keys)
                .allSatisfy(key -> assertThat(get(clients.commands().pttl(key))).isBetween(1L, CONFIG.ttlMs()));
    }

    @Test
    void aCounterThatIsLostBeginsANewEpochAndForgetsTheIds() {
        append(room, ALICE, "m-1", "1");
        Head before = get(log.open(room));
        get(clients.commands().del(RedisProcess.KEYS.of("l", room.text())));

        Receipt again = append(room, ALICE, "m-1", "2");

        assertThat(again.seq()).isEqualTo(1);
        assertThat(again.duplicate()).isFalse();
        assertThat(again.epoch())
                .isNotEqualTo(before.epoch())
                .isEqualTo(get(log.open(room)).epoch());
    }

    @Test
    void callsKeepTheirOrderWhenTheServerForgotItsScripts() {
        append(room, ALICE, null, "1");
        for (int round = 0; round < 20; round++) {
            List<CompletableFuture<Receipt>> calls = new ArrayList<>();
            long head = get(log.open(room)).seq();
            for (int i = 0; i < 50; i++) {
                if (i % 20 == 10) {
                    clients.commands().scriptFlush();
                }
                calls.add(log.append(new Draft(room, message(ALICE, null, "1"))).toCompletableFuture());
            }
            for (int i = 0; i < 50; i++) {
                assertThat(get(calls.get(i)).seq()).isEqualTo(head + i + 1);
            }
        }
    }

    @Test
    void aServerThatIsMasterASecondTimeGivesNoSeqTwiceInOneEpoch() {
        try (RedisProcess other = redis.replica()) {
            Receipt kept = append(room, ALICE, "m-1", "1");
            try (RedisClients toOther = other.connect()) {
                await().until(() -> get(toOther.commands().exists(RedisProcess.KEYS.of("s", room.text()))) == 1);
                get(toOther.commands().replicaofNoOne());
                Receipt lost = append(room, ALICE, "m-2", "lost");

                get(clients.commands().replicaof("127.0.0.1", other.port()));
                await().until(() -> get(clients.commands().xlen(RedisProcess.KEYS.of("s", room.text()))) == 1);
                get(clients.commands().replicaofNoOne());

                assertThat(append(room, ALICE, "m-1", "1").duplicate())
                        .as("what survived is not stored again")
                        .isTrue();
                Receipt next = append(room, ALICE, "m-2", "again");
                assertThat(next.seq()).isEqualTo(lost.seq());
                assertThat(next.epoch()).isNotEqualTo(lost.epoch());
                assertThat(get(log.open(room)))
                        .isEqualTo(new Head(2, next.epoch(), 1, List.of(new PastEpoch(kept.epoch(), 1, false))));
            }
        }
    }

    @Test
    void ofManyEpochsTheLastEightAreKnownByWhereTheyEnded() {
        List<PastEpoch> ended = new ArrayList<>();
        for (int i = 1; i <= 11; i++) {
            ended.add(new PastEpoch(append(room, ALICE, null, "1").epoch(), i, false));
            get(clients.commands().hset(RedisProcess.KEYS.of("l", room.text()), "reign", arg("another")));
        }

        Receipt last = append(room, ALICE, null, "1");

        assertThat(get(log.open(room))).isEqualTo(new Head(12, last.epoch(), 11, ended.subList(3, 11)));
    }

    /** A room that an earlier version of the node left. */
    @Test
    void anEpochOfWhichNobodyNotedWhereItBeganIsToldAsUnknown() {
        append(room, ALICE, null, "1");
        String meta = RedisProcess.KEYS.of("l", room.text());
        get(clients.commands().hset(meta, "reign", arg("another")));
        append(room, ALICE, null, "1");
        get(clients.commands().hdel(meta, "began", "before"));

        Head head = get(log.open(room));
        assertThat(head.began()).isEqualTo(head.seq());
        assertThat(head.before()).isEmpty();
    }

    @Test
    void failsWhileRedisIsAwayAndGoesOnAfterwards() {
        try (RedisProcess own = RedisProcess.standalone();
                RedisClients toOwn = own.connect();
                RedisLog there =
                        new RedisLog(CONFIG, toOwn, "n-1", new FrameWriter(UnpooledByteBufAllocator.DEFAULT))) {
            get(there.append(new Draft(room, message(ALICE, null, "1"))));
            Head before = get(there.open(room));
            own.kill();
            await().until(() -> !toOwn.isUp());

            assertThatThrownBy(() -> get(there.append(new Draft(room, message(ALICE, null, "2")))))
                    .hasCauseInstanceOf(LogUnavailableException.class);

            own.restart();
            await().until(toOwn::isUp);
            Receipt next = get(there.append(new Draft(room, message(ALICE, null, "3"))));
            assertThat(next.seq()).isEqualTo(1);
            assertThat(next.epoch()).isNotEqualTo(before.epoch());
        }
    }

    @Test
    void whoReadsARoomThatNeverWasLeavesNothing() {
        assertThat(get(log.read(room, Range.behind(0, 10))).messages()).isEmpty();
        assertThat(get(log.read(room, Range.upTo(Range.END, 10))).oldest()).isEqualTo(1);
        assertThat(get(log.heads(List.of(room)))).isEmpty();

        assertThat(get(clients.commands().keys("*" + room + "*"))).isEmpty();
    }

    @Test
    void aRoomInUseThatRedisForgotHasOneNewEpochForAllWhoReadIt() {
        get(log.open(room));
        get(clients.commands().del(RedisProcess.KEYS.of("l", room.text())));

        String epoch = get(log.read(room, Range.behind(0, 10))).head().epoch();

        assertThat(append(room, ALICE, "m-1", "1").epoch()).isEqualTo(epoch);
    }

    @Test
    void whatIsStoredIsStoredThoughThePeersCannotBeTold() {
        redis.acl("SETUSER default -publish");
        try {
            Receipt receipt = append(room, ALICE, "m-1", "1");
            assertThat(receipt.seq()).isEqualTo(1);
            assertThat(receipt.relayed()).isFalse();
            assertThat(append(room, ALICE, "m-1", "1").duplicate()).isTrue();
        } finally {
            redis.acl("SETUSER default +@all");
        }
    }

    @Test
    void aRoomThatCouldNotBeOpenedExpires() {
        Config.RedisLog shortLived = new Config.RedisLog(KEPT, 900, 900);
        try (RedisProcess server = RedisProcess.standalone();
                RedisClients itsClients = server.connect();
                RedisLog itsLog = new RedisLog(
                        shortLived, itsClients, "n-1", new FrameWriter(UnpooledByteBufAllocator.DEFAULT))) {
            server.kill();
            assertThatThrownBy(() -> get(itsLog.open(room))).hasCauseInstanceOf(LogUnavailableException.class);
            server.restart();
            await().ignoreExceptions()
                    .until(() -> get(itsLog.append(new Draft(room, message(ALICE, null, "1"))))
                                    .seq()
                            == 1);

            await().until(() -> get(itsClients.commands().keys("*")).isEmpty());
        }
    }

    private static final int ROOM_BYTES = 256 << 10;

    private RedisLog bounded(int messages) {
        RedisLog bounded = new RedisLog(
                new Config.RedisLog(messages, ROOM_BYTES, 3_600_000, 300_000, 0),
                clients,
                "n-1",
                new FrameWriter(UnpooledByteBufAllocator.DEFAULT));
        others.add(bounded);
        return bounded;
    }

    private long held(RedisLog bounded, long head) {
        Page page = get(bounded.read(room, Range.behind(0, 100_000)));
        List<Long> seqs = page.messages().stream().map(Message::seq).toList();
        assertThat(seqs)
                .isEqualTo(LongStream.rangeClosed(page.oldest(), head).boxed().toList());
        return page.messages().stream().mapToLong(each -> each.content().length).sum();
    }

    @Test
    void aRoomTakesNoMoreBytesThanItMayHoweverLargeItsMessagesAre() {
        RedisLog bounded = bounded(1000);
        Random random = new Random(7);
        long sent = 0;
        for (int i = 1; i <= 400; i++) {
            int bytes = i % 50 < 25 ? 1 + random.nextInt(500) : 1 + random.nextInt(60_000);
            byte[] content = ("\"" + "x".repeat(bytes) + "\"").getBytes(UTF_8);
            get(bounded.append(new Draft(room, new Message(0, i, ALICE, null, content))));
            sent += content.length;
            long held = held(bounded, i);
            assertThat(held).isLessThanOrEqualTo(ROOM_BYTES);
            // what may be gone too early: a sixteenth, and the message across its edge; and what is beside the contents
            assertThat(held).isGreaterThan(Math.min(sent, ROOM_BYTES * 15 / 16 - 60_000) - 200L * (i + 1));
        }
        assertThat(get(clients.commands().memoryUsage(RedisProcess.KEYS.of("s", room.text()))))
                .isLessThan(ROOM_BYTES * 3 / 2);
    }

    @Test
    void aMessageThatIsLargerThanARoomMayBeStaysAlone() {
        RedisLog bounded = bounded(1000);
        byte[] large = ("\"" + "x".repeat(2 * ROOM_BYTES) + "\"").getBytes(UTF_8);
        get(bounded.append(new Draft(room, message(ALICE, null, "1"))));
        get(bounded.append(new Draft(room, new Message(0, 1, ALICE, null, large))));
        assertThat(held(bounded, 2)).isEqualTo(large.length);
        get(bounded.append(new Draft(room, message(ALICE, null, "3"))));
        assertThat(held(bounded, 3)).isEqualTo(1);
        get(bounded.append(new Draft(room, message(ALICE, null, "4"))));
        assertThat(held(bounded, 4)).isEqualTo(2);
    }

    /** Each room has few marks, and they say nothing of messages that are gone by their number. */
    @Test
    void smallMessagesAreBoundedByTheirNumberAndWhatIsKeptOfTheirSizesIsSmall() {
        RedisLog bounded = bounded(10);
        for (int i = 1; i <= 3000; i++) {
            get(bounded.append(new Draft(room, message(ALICE, null, "\"" + "x".repeat(500) + "\""))));
        }
        assertThat(held(bounded, 3000)).isEqualTo(10 * 502);
        assertThat(get(clients.commands().hget(RedisProcess.KEYS.of("l", room.text()), "marks")))
                .hasSizeLessThan(500);
    }

    /** What each connection of the node did last, as the server says. */
    private long connectionsThatRanAScriptLast() {
        try (RedisClients asking = redis.connect()) {
            return get(asking.commands().clientList())
                    .lines()
                    .filter(line -> line.contains(" cmd=eval"))
                    .count();
        }
    }

    @Test
    void pagesAreReadByAConnectionOfTheirOwn() {
        await().until(() -> clients.pagesAt() != null);
        append(room, ALICE, "m-1", "1");
        long before = connectionsThatRanAScriptLast();

        assertThat(get(log.read(room, Range.behind(0, 10))).messages()).hasSize(1);

        assertThat(connectionsThatRanAScriptLast()).isEqualTo(before + 1);
    }

    @Test
    void whereThatConnectionIsLostPagesAreReadOnTheOneForAllElse() {
        append(room, ALICE, "m-1", "1");
        for (int i = 0; i < 20; i++) {
            await().until(() -> clients.pagesAt() != null);
            long id = get(clients.pageCommands().clientId());
            CompletableFuture<Long> killed =
                    clients.commands().clientKill(KillArgs.Builder.id(id)).toCompletableFuture();
            assertThat(get(log.read(room, Range.behind(0, 10))).messages()).hasSize(1);
            assertThat(get(killed)).isEqualTo(1);
        }
    }
}
