package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import io.roomwire.config.Secret;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node depends on no setting of a server, a database or a role that is a matter of taste. */
@Timeout(180)
class StockServerTest {
    private static final int APPENDS = 300;

    private static TestPostgres postgres;
    private static PostgresServer asNode;

    private final List<PostgresLog> nodes = new ArrayList<>();

    @BeforeAll
    static void aServerThatCompilesAllAndARoleWithATasteOfItsOwn() {
        postgres = DebianPostgres.start(
                "jit_above_cost",
                "0",
                "shared_preload_libraries",
                "pg_stat_statements",
                "pg_stat_statements.track",
                "all");
        postgres.execute("CREATE EXTENSION pg_stat_statements; CREATE ROLE node SUPERUSER LOGIN");
        for (String setting : List.of(
                "default_transaction_isolation = 'serializable'",
                "statement_timeout = '400ms'",
                "lock_timeout = '1ms'",
                "idle_session_timeout = '200ms'",
                "idle_in_transaction_session_timeout = '200ms'",
                "search_path = elsewhere",
                "timezone = 'Asia/Kathmandu'",
                "datestyle = 'German'",
                "intervalstyle = 'iso_8601'",
                "bytea_output = 'escape'",
                "plan_cache_mode = force_custom_plan",
                "enable_indexscan = off",
                "enable_nestloop = off",
                "jit_above_cost = 0")) {
            postgres.execute("ALTER ROLE node SET " + setting);
        }
        asNode = new PostgresServer(postgres.server().url(), "node", new Secret("unused"));
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void forget() {
        postgres.query("SELECT pg_stat_statements_reset()");
    }

    @AfterEach
    void closeNodes() {
        nodes.forEach(PostgresLog::close);
    }

    private PostgresLog node() {
        Config.Postgres config = postgres.config(20_000, TimeUnit.DAYS.toMillis(7));
        PostgresLog log = new PostgresLog(config, asNode, new Told());
        nodes.add(log);
        log.start();
        return log;
    }

    @Test
    void noStatementOfANodeIsCompiled() throws Exception {
        PostgresLog log = node();
        RoomId room = new RoomId("compiled");
        for (int i = 0; i < 10; i++) {
            OnPostgres.get(log.append(OnPostgres.draft(room, OnPostgres.ALICE, "m-" + i / 2, "1")));
        }
        OnPostgres.get(log.open(new RoomId("other")));
        OnPostgres.get(log.heads(List.of(room)));
        OnPostgres.get(log.read(room, Range.behind(0, 50)));
        OnPostgres.get(log.read(room, new Range(0, Range.END, 1000, 2000, 50, true)));
        log.keepPartitions();

        assertThat(postgres.query("SELECT count(*) FROM pg_class")).isNotEmpty();
        assertThat(postgres.query("SELECT sum(jit_functions) > 0 FROM pg_stat_statements WHERE userid = 10"))
                .as("others' are")
                .isEqualTo("t");
        assertThat(postgres.query("SELECT query || ': ' || jit_functions FROM pg_stat_statements"
                        + " WHERE userid = 'node'::regrole AND jit_functions > 0"))
                .isEmpty();
        assertThat(postgres.query("SELECT sum(calls) > 30 FROM pg_stat_statements WHERE userid = 'node'::regrole"))
                .isEqualTo("t");
    }

    @Test
    void nodesThatWriteToTheSameRoomsAreNeverRefused() throws Exception {
        List<PostgresLog> three = List.of(node(), node(), node());
        List<CompletionStage<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < APPENDS; i++) {
            for (int n = 0; n < three.size(); n++) {
                RoomId room = new RoomId("shared-" + i % 3);
                receipts.add(three.get(n).append(OnPostgres.draft(room, OnPostgres.ALICE, n + "-" + i, "1")));
            }
            OnPostgres.get(receipts.get(receipts.size() - 1));
        }
        for (CompletionStage<Receipt> receipt : receipts) {
            assertThat(OnPostgres.get(receipt).duplicate()).isFalse();
        }
        for (int r = 0; r < 3; r++) {
            assertThat(OnPostgres.get(three.get(0).open(new RoomId("shared-" + r)))
                            .seq())
                    .isEqualTo(APPENDS);
        }
    }

    @Test
    void aConnectionHasTheNodesTimeLimitsAndNoOthers() throws Exception {
        node(); // makes the tables
        Database database = new Database(postgres.config(1, 0), asNode);
        database.schemaIsReady();
        try (Connection connection = database.connect()) {
            assertThat(shown(connection, "statement_timeout")).isEqualTo("800ms");
            assertThat(shown(connection, "lock_timeout")).isEqualTo("0");
            assertThat(shown(connection, "idle_session_timeout")).isEqualTo("0");
            assertThat(shown(connection, "idle_in_transaction_session_timeout")).isEqualTo("0");
            assertThat(shown(connection, "transaction_isolation")).isEqualTo("read committed");
        }
        try (Connection connection = database.plain()) {
            assertThat(shown(connection, "statement_timeout"))
                    .as("a migration takes its time")
                    .isEqualTo("0");
        }
    }

    private static String shown(Connection connection, String setting) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + setting)) {
            row.next();
            return row.getString(1);
        }
    }
}
