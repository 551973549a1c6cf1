package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What a PostgreSQL server says of itself on a new connection.
 *
 * @param identity the database system, its timeline and the database in it: another one after a promotion, a restore to
 *     a point in time, and where a database was copied and took the place of the first
 * @param startedUs when the server process began, by its clock, in microseconds since 1970
 */
record ServerState(String fsync, String fullPageWrites, String synchronousCommit, String identity, long startedUs) {

    /** Grows with each promotion; of one length, so it compares as a text. */
    String timeline() {
        return identity.split("/", -1)[1];
    }

    /** Settles the session, then asks. */
    static ServerState of(Connection connection, int statementTimeoutMs) throws SQLException {
        Session.settle(connection, statementTimeoutMs);
        // the timeline comes from the name of the file now written: the control file tells a promotion only at the next
        // checkpoint
        try (PreparedStatement ask = connection.prepareStatement("SELECT current_setting('fsync'),"
                + " current_setting('full_page_writes'), current_setting('synchronous_commit'),"
                + " pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),"
                + " CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"
                + " (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()),"
                + " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint")) {
            try (ResultSet row = ask.executeQuery()) {
                row.next();
                if (row.getBoolean(4)) {
                    throw new SQLException("the server is a standby and cannot write", "25006");
                }
                return new ServerState(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getLong(5) + "/" + row.getString(6) + "/" + row.getLong(7),
                        row.getLong(8));
            }
        }
    }
}
