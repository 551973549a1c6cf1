package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import io.roomwire.config.Secret;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A log on a real PostgreSQL; each test has a room of its own. */
@Timeout(180)
abstract class OnPostgres {
    static final UserId ALICE = new UserId("alice");
    static final long WEEK_MS = TimeUnit.DAYS.toMillis(7);
    private static final AtomicInteger ROOMS = new AtomicInteger();

    static TestPostgres postgres;

    private final List<PostgresLog> opened = new ArrayList<>();
    RoomId room;

    @BeforeAll
    static void startServer() {
        postgres = new TestPostgres();
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void freshRoom() {
        room = new RoomId("room-" + ROOMS.incrementAndGet());
    }

    @AfterEach
    void closeLogs() {
        opened.forEach(PostgresLog::close);
    }

    PostgresLog node() {
        return node(20_000, WEEK_MS);
    }

    PostgresLog node(int queue, long retentionAgeMs) {
        return log(postgres.config(queue, retentionAgeMs));
    }

    PostgresLog log(Config.Postgres config) {
        return log(config, new Told());
    }

    PostgresLog log(Config.Postgres config, Told told) {
        return log(config, config.servers().get(0), told);
    }

    PostgresLog log(Config.Postgres config, PostgresServer server, Told told) {
        PostgresLog log = new PostgresLog(config, server, told);
        opened.add(log);
        log.start();
        return log;
    }

    /** A log that may find its database on either. */
    PostgresLog onBoth(TestPostgres first, TestPostgres second) {
        PostgresServer both = new PostgresServer(
                "jdbc:postgresql://127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port() + "/postgres",
                "postgres",
                new Secret("unused"));
        return log(first.config(1000, WEEK_MS), both, new Told());
    }

    /** A log of which Redis remembers how far it came; the test closes it. */
    static PostgresLog remembered(TestPostgres server, RedisClients clients) {
        PostgresLog log = new PostgresLog(server.config(1000, WEEK_MS), server.server(), clients, new Told());
        log.start();
        return log;
    }

    /** Tries until it is stored, while a server comes back. */
    Receipt storedSoon(PostgresLog log, String id) {
        return await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> get(log.append(draft(id, "1"))), receipt -> true);
    }

    /** Whether that server has the room's messages up to there. */
    boolean hasSeq(TestPostgres server, long seq) {
        return server.query("SELECT seq FROM roomwire.room_head WHERE room = '" + room + "'")
                .equals(String.valueOf(seq));
    }

    Draft draft(String id, String content) {
        return draft(room, ALICE, id, content);
    }

    static Draft draft(RoomId room, UserId sender, String id, String content) {
        return new Draft(room, new Message(0, 1234, sender, id, content.getBytes(UTF_8)));
    }

    static List<Long> seqsOf(Page page) {
        return page.messages().stream().map(Message::seq).toList();
    }

    static <T> T get(CompletionStage<T> stage) throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
