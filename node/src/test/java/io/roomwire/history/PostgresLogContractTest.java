package io.roomwire.history;

import io.roomwire.config.KeptMessages;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresLogContractTest extends RoomLogContract {
    private static TestPostgres postgres;
    private static PostgresLog log;

    @BeforeAll
    static void startServer() {
        postgres = new TestPostgres();
        log = postgres.log(new KeptMessages("", KEPT));
    }

    @AfterAll
    static void stopServer() {
        log.close();
        postgres.close();
    }

    @Override
    RoomLog log() {
        return log;
    }
}
