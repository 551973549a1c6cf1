package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What a PostgreSQL server says of itself on a new connection.
 *
 * @param identity the database system and its timeline: another one after a promotion, a restore or a copy
 */
record ServerState(String fsync, String fullPageWrites, String synchronousCommit, String identity) {

    /**
     * Every query here goes by an index in the index's order. The planner, asked anew with each room, would now and then
     * sort instead, which costs the more the longer the room; and its asking costs more than a page.
     */
    private static final String BY_INDEX_ALONE =
            "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),"
                    + " set_config('enable_bitmapscan', 'off', false), set_config('enable_sort', 'off', false)";

    /** Asks, and sets the connection's own time limit and its way of planning, in one round trip. */
    static ServerState of(Connection connection, int statementTimeoutMs) throws SQLException {
        // the timeline comes from the name of the file now written: the control file tells a promotion only at the next
        // checkpoint
        try (PreparedStatement ask = connection.prepareStatement(
                "SELECT set_config('statement_timeout', ?, false), current_setting('fsync'),"
                        + " current_setting('full_page_writes'), current_setting('synchronous_commit'),"
                        + " pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),"
                        + " CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END, "
                        + BY_INDEX_ALONE)) {
            ask.setString(1, String.valueOf(statementTimeoutMs));
            try (ResultSet row = ask.executeQuery()) {
                row.next();
                if (row.getBoolean(5)) {
                    throw new SQLException("the server is a standby and cannot write", "25006");
                }
                return new ServerState(
                        row.getString(2), row.getString(3), row.getString(4), row.getLong(6) + "/" + row.getString(7));
            }
        }
    }
}
