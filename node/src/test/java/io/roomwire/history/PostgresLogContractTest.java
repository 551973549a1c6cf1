package io.roomwire.history;

import static org.awaitility.Awaitility.await;

import io.roomwire.config.KeptMessages;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

class PostgresLogContractTest extends RoomLogContract {
    private static TestPostgres postgres;
    private static PostgresLog log;
    private static PostgresLog other;

    @BeforeAll
    static void startServer() {
        postgres = new TestPostgres();
        log = postgres.log(new KeptMessages("", KEPT));
        other = postgres.log(new KeptMessages("", KEPT));
    }

    @AfterAll
    static void stopServer() {
        log.close();
        other.close();
        postgres.close();
    }

    @Override
    RoomLog log() {
        return log;
    }

    @Override
    List<RoomLog> nodes() {
        return List.of(log, other);
    }

    /** The connection of a writer ends. */
    @Override
    void disturb() {
        postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roomwire'"
                + " AND query LIKE '%roomwire.append%' ORDER BY random() LIMIT 1");
    }

    @AfterEach
    void eachWriterIsBack() {
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            for (int i = 0; i < 20; i++) {
                append(new RoomId(room + "-back-" + i), new UserId("alice"), null, "1");
            }
        });
    }
}
