package io.roomwire.history;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** Whether a server is one that a node can work with at all. Asked before the tables are made. */
final class Fitness {
    /** In the space that SQL leaves to implementations. */
    static final String UNFIT = "RW003";

    /** The first with functions whose body is SQL. */
    static final int LOWEST_VERSION = 14;

    /** Other clients of a pooler may take the connection that would give it away. */
    private static final int LOOKS = 5;

    private static final String SHARED =
            "expected a connection of the node's own, found a pooler in transaction mode: a"
                    + " session sees another server connection with each transaction (pool_mode = session, or go past PgBouncer)";

    private Fitness() {}

    /** @throws SQLException of state {@link #UNFIT} if the server cannot be used, in words for who configured it */
    static void check(Connection connection, ConnectionSource.Opening another) throws SQLException {
        String why = refusal(
                connection.getMetaData().getDatabaseMajorVersion(),
                connection.getMetaData().getDatabaseProductVersion(),
                ask(connection, "SHOW server_encoding"));
        if (why == null && isShared(connection, another)) {
            why = SHARED;
        }
        if (why != null) {
            throw new SQLException(why, UNFIT);
        }
    }

    static @Nullable String refusal(int majorVersion, String version, String encoding) {
        if (majorVersion < LOWEST_VERSION) {
            return "expected PostgreSQL " + LOWEST_VERSION + " or newer, found " + version;
        }
        if (!encoding.equals("UTF8")) {
            return "expected a database in UTF8, found " + encoding
                    + ": names of rooms and users are in any script (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0)";
        }
        return null;
    }

    /**
     * What a node sets, prepares and finds out about a server holds for one connection. A pooler in transaction mode gives the
     * server connection that one has just used to the next that asks.
     */
    private static boolean isShared(Connection connection, ConnectionSource.Opening another) throws SQLException {
        boolean shared = isTaken(connection, another);
        if (shared) {
            leaveNoTrace(connection);
        }
        return shared;
    }

    private static boolean isTaken(Connection connection, ConnectionSource.Opening another) throws SQLException {
        try (Connection other = another.open()) {
            for (int i = 0; i < LOOKS; i++) {
                String mine = process(connection);
                other.setAutoCommit(false);
                boolean taken =
                        process(other).equals(mine) || !process(connection).equals(mine);
                other.rollback();
                if (taken) {
                    return true;
                }
            }
            return false;
        } catch (SQLException e) {
            if (isForeign(e)) {
                return true;
            }
            throw e;
        }
    }

    /** What one session prepared was there for another, or was not there for itself. */
    private static boolean isForeign(Exception e) {
        String state = SqlFailure.state(e);
        return state.equals("42P05") || state.equals("26000");
    }

    /** The same failure, in words for who configured the server if it is one that nothing else explains. */
    static Exception named(Exception e) {
        return isForeign(e) ? new SQLException(SHARED, UNFIT, e) : e;
    }

    /** What was set on it would be met by other applications. */
    private static void leaveNoTrace(Connection connection) {
        try (Statement reset = connection.createStatement()) {
            reset.execute("RESET ALL");
        } catch (SQLException e) {
            // it met yet another server connection: there is no way to tell which ones
        }
    }

    private static String process(Connection connection) throws SQLException {
        return ask(connection, "SELECT pg_backend_pid()::text");
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
