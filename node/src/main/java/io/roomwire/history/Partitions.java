package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the partitions of the messages ahead of time and drops those past their age. Used by one thread a node; nodes take
 * turns by a lock in the database.
 *
 * <p>A partition's name tells its bounds, in seconds since 1970, so that nothing has to be parsed back from SQL.
 */
final class Partitions {
    private static final String PARENT = Database.SCHEMA + ".message";
    private static final Pattern NAME = Pattern.compile("message_(\\d+)_(\\d+)");

    /** Any number, as long as it is always the same one. */
    private static final long LOCK = 0x726f6f6d77697265L;

    private static final long DAY_SECONDS = 86_400;

    /** A week of pages is at most some eight partitions wide, whatever the age: each costs a page one more lookup. */
    private static final int PARTS_OF_AGE = 7;

    private static final long MIN_SECONDS = 10;

    /** So many that are empty yet: nobody may look after them over a long weekend. */
    private static final int AHEAD = 4;

    /** Appends and reads wait behind a lock that waits: better to come again. */
    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '300ms'";

    private final long ageSeconds;
    private final long widthSeconds;

    /** @param ageMs 0: nothing is dropped */
    Partitions(long ageMs) {
        ageSeconds = ageMs / 1000;
        widthSeconds = ageMs == 0
                ? PARTS_OF_AGE * DAY_SECONDS
                : Math.max(MIN_SECONDS, (ageSeconds + PARTS_OF_AGE - 1) / PARTS_OF_AGE);
    }

    /** How often to come: soon enough that nothing is far past its age, or missing. */
    long periodSeconds() {
        return Math.max(1, Math.min(60, widthSeconds / 4));
    }

    /** Returns the names of what was dropped. */
    List<String> keep(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
            List<String> dropped = lock(connection) ? keep(connection, statement) : List.of();
            connection.commit();
            return dropped;
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private List<String> keep(Connection connection, Statement statement) throws SQLException {
        long now = now(statement);
        List<Part> parts = parts(connection);
        long end = 0;
        for (Part part : parts) {
            end = Math.max(end, part.end);
        }
        while (end < now + AHEAD * widthSeconds) {
            end = make(statement, end, now);
        }
        List<String> dropped = new ArrayList<>();
        for (Part part : parts) {
            if (ageSeconds > 0 && part.end <= now - ageSeconds) {
                statement.execute("DROP TABLE " + Database.SCHEMA + "." + part.name);
                dropped.add(part.name);
            }
        }
        return dropped;
    }

    private long make(Statement statement, long start, long now) throws SQLException {
        // behind the last one without a gap: also where the node was off for longer, and the widths are others by now
        long end = (Math.max(start, now) / widthSeconds + 1) * widthSeconds;
        String from = start == 0 ? "MINVALUE" : "to_timestamp(" + start + ")";
        statement.execute("CREATE TABLE " + Database.SCHEMA + ".message_" + start + "_" + end + " PARTITION OF "
                + PARENT + " FOR VALUES FROM (" + from + ") TO (to_timestamp(" + end + "))");
        return end;
    }

    private static boolean lock(Connection connection) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement("SELECT pg_try_advisory_xact_lock(?)")) {
            ask.setLong(1, LOCK);
            try (ResultSet row = ask.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static long now(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT extract(epoch FROM now())::bigint")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<Part> parts(Connection connection) throws SQLException {
        List<Part> parts = new ArrayList<>();
        try (PreparedStatement ask =
                connection.prepareStatement("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                        + " WHERE i.inhparent = ?::regclass")) {
            ask.setString(1, PARENT);
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    Matcher name = NAME.matcher(rows.getString(1));
                    if (name.matches()) {
                        parts.add(new Part(name.group(), Long.parseLong(name.group(2))));
                    }
                }
            }
        }
        return parts;
    }

    private record Part(String name, long end) {}
}
