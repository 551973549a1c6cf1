package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users are charged is what a server has to hold, by real servers. */
class StoredSizeTest extends OnPostgres {
    private static final int MESSAGES = 4000;
    private static final Pattern USED = Pattern.compile("used_memory:(\\d+)");

    private static void assertIsCharged(long taken, long charged) {
        assertThat(taken / MESSAGES).as("bytes a message").isPositive().isLessThanOrEqualTo(charged / MESSAGES);
    }

    private static long used(RedisClients clients) throws Exception {
        Matcher used = USED.matcher(get(clients.commands().info("memory")));
        assertThat(used.find()).isTrue();
        return Long.parseLong(used.group(1));
    }

    /** Stores them, and gives what is charged. */
    private long store(RoomLog log, int rooms, int bytes, boolean withIds) throws Exception {
        long charged = 0;
        Random random = new Random(1);
        List<CompletionStage<Receipt>> all = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            RoomId to = new RoomId(room + "-" + i % rooms);
            byte[] content = new byte[bytes];
            random.nextBytes(content); // which no server can compress
            UserId sender = new UserId("user-" + i % 100); // of one a message goes at a time
            Message message = new Message(0, 1234, sender, withIds ? "m-" + i : null, content);
            charged += StoredSize.of(to, message) + (i < rooms ? StoredSize.of(to) : 0);
            all.add(log.append(new Draft(to, message)));
            if (all.size() == 500) {
                for (CompletionStage<Receipt> each : all) {
                    get(each);
                }
                all.clear();
            }
        }
        return charged;
    }

    @ParameterizedTest
    @CsvSource({"1, 10, true", "1, 10, false", "1, 2000, true", "2000, 10, true", "2000, 10, false"})
    void inRedis(int rooms, int bytes, boolean withIds) throws Exception {
        try (RedisProcess redis = RedisProcess.standalone();
                RedisClients clients = redis.connect();
                RedisLog log = new RedisLog(
                        new Config.RedisLog(MESSAGES, 3_600_000, 300_000),
                        clients,
                        "n-1",
                        new FrameWriter(UnpooledByteBufAllocator.DEFAULT))) {
            store(log, 1, bytes, withIds); // buffers and scripts
            clients.commands().flushall();
            long before = used(clients);
            long charged = store(log, rooms, bytes, withIds);
            assertIsCharged(used(clients) - before, charged);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 10, true", "1, 10, false", "1, 2000, true", "4000, 10, true"})
    void inPostgres(int rooms, int bytes, boolean withIds) throws Exception {
        PostgresLog log = node();
        long before = onDisk();
        long charged = store(log, rooms, bytes, withIds);
        assertIsCharged(onDisk() - before, charged);
    }

    private static long onDisk() {
        return Long.parseLong(postgres.query("SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
                + " WHERE relnamespace = 'roomwire'::regnamespace AND relkind = 'r'"));
    }
}
