package io.roomwire.history;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What a connection is set to before it is used, whatever the server, the database and the role say: so the same statement
 * costs and does the same everywhere.
 */
final class Session {
    /** From this version on. */
    private static final int TRANSACTION_TIMEOUT = 17;

    private Session() {}

    /**
     * One round trip, of commands that are not planned: the first query would be compiled where every query is.
     *
     * @param statementTimeoutMs 0: none
     */
    static void settle(Connection connection, int statementTimeoutMs) throws SQLException {
        List<String> settings = new ArrayList<>(List.of(
                // A plan that takes a millisecond is compiled for fifty if the planner holds it to be dear, as it does
                // with any that has to do what is switched off below.
                "jit = off",
                // Every query here goes by an index, in the index's order. The planner, asked again with each room,
                // would now
                // and then sort instead, which costs the more the longer the room; its asking costs more than a page;
                // and
                // a plan made while the tables were empty outlives that day.
                "plan_cache_mode = force_generic_plan",
                "enable_seqscan = off",
                "enable_bitmapscan = off",
                "enable_sort = off",
                "enable_indexscan = on",
                "enable_indexonlyscan = on",
                "enable_nestloop = on",
                // Heads are locked in one order, so two appends never need to be taken apart by the server.
                "default_transaction_isolation = 'read committed'",
                "default_transaction_deferrable = off",
                "statement_timeout = " + statementTimeoutMs, // the one limit that counts
                "lock_timeout = 0",
                "idle_in_transaction_session_timeout = 0",
                "idle_session_timeout = 0",
                "search_path = " + Database.SCHEMA + ", pg_temp",
                "timezone = 'UTC'"));
        if (connection.getMetaData().getDatabaseMajorVersion() >= TRANSACTION_TIMEOUT) {
            settings.add("transaction_timeout = 0");
        }
        try (Statement set = connection.createStatement()) {
            set.execute("SET " + String.join("; SET ", settings));
        }
    }
}
