package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the partitions of the messages ahead of time and drops those past their age. Used by one thread a node; nodes take
 * turns by a lock in the database.
 *
 * <p>A partition's name tells its bounds, in seconds since 1970, so that nothing has to be parsed back from SQL.
 */
final class Partitions {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);
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

    /** Better to come again than to wait for who may take minutes. */
    private static final String LOCK_TIMEOUT = "SET lock_timeout = '300ms'";

    /** Marks what may be dropped although it is no part any more: an operator may have detached others to keep them. */
    private static final String PAST = "past postgres.retention-age";

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

    /** How old a message becomes at most: its partition goes when the youngest in it has its age. */
    long longestKeptMs() {
        return (ageSeconds + widthSeconds) * 1000;
    }

    /**
     * Returns the names of what was dropped. No lock is asked for that appends or reads would have to wait behind, or that
     * waits behind them: a dump holds every table for as long as it takes.
     */
    List<String> keep(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
            if (!lock(statement)) { // until the connection is closed
                return List.of();
            }
            long now = now(statement);
            make(connection, statement, now);
            return drop(connection, statement, now);
        }
    }

    private void make(Connection connection, Statement statement, long now) throws SQLException {
        long end = 0;
        for (Part part : parts(connection)) {
            end = part.state == State.PART ? Math.max(end, part.end) : end;
        }
        while (end < now + AHEAD * widthSeconds) {
            end = make(statement, end, now);
        }
    }

    private long make(Statement statement, long start, long now) throws SQLException {
        // behind the last one without a gap: also where the node was off for longer, and the widths are others by now
        long end = (Math.max(start, now) / widthSeconds + 1) * widthSeconds;
        String from = start == 0 ? "MINVALUE" : "to_timestamp(" + start + ")";
        String name = Database.SCHEMA + ".message_" + start + "_" + end;
        // attached and not made as a partition, which would need the messages for itself alone
        statement.execute("CREATE TABLE IF NOT EXISTS " + name + " (LIKE " + PARENT + " INCLUDING ALL)");
        statement.execute("ALTER TABLE " + PARENT + " ATTACH PARTITION " + name + " FOR VALUES FROM (" + from
                + ") TO (to_timestamp(" + end + "))");
        return end;
    }

    private List<String> drop(Connection connection, Statement statement, long now) throws SQLException {
        List<String> dropped = new ArrayList<>();
        for (Part part : parts(connection)) {
            if (ageSeconds == 0 || part.end > now - ageSeconds) {
                continue;
            }
            try {
                drop(statement, part);
            } catch (SQLException e) {
                if (!SqlFailure.isLockTimeout(e)) {
                    throw e;
                }
                LOG.debug("partition {} is still read from", part.name, e);
                break;
            }
            dropped.add(part.name);
        }
        return dropped;
    }

    private static void drop(Statement statement, Part part) throws SQLException {
        String table = Database.SCHEMA + "." + part.name;
        String detach = "ALTER TABLE " + PARENT + " DETACH PARTITION " + table;
        if (part.state == State.PART) {
            statement.execute("COMMENT ON TABLE " + table + " IS '" + PAST + "'");
            statement.execute(detach + " CONCURRENTLY");
        } else if (part.state == State.DETACHING) {
            statement.execute(detach + " FINALIZE");
        }
        statement.execute("DROP TABLE " + table);
    }

    private static boolean lock(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT pg_try_advisory_lock(" + LOCK + ")")) {
            return row.next() && row.getBoolean(1);
        }
    }

    private static long now(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT extract(epoch FROM now())::bigint")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Those of the messages, and those that were until their age had passed; oldest first. */
    private static List<Part> parts(Connection connection) throws SQLException {
        List<Part> parts = new ArrayList<>();
        try (PreparedStatement ask = connection.prepareStatement("SELECT c.relname, i.inhdetachpending"
                + " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
                + " WHERE c.relnamespace = ?::regnamespace AND c.relkind = 'r'"
                + " AND (i.inhrelid IS NOT NULL OR obj_description(c.oid, 'pg_class') = ?)")) {
            ask.setString(1, Database.SCHEMA);
            ask.setString(2, PAST);
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    Matcher name = NAME.matcher(rows.getString(1));
                    if (name.matches()) {
                        boolean detaching = rows.getBoolean(2);
                        State state = rows.wasNull() ? State.DETACHED : detaching ? State.DETACHING : State.PART;
                        parts.add(new Part(name.group(), Long.parseLong(name.group(2)), state));
                    }
                }
            }
        }
        parts.sort(Comparator.comparingLong(Part::end));
        return parts;
    }

    private enum State {
        PART,
        /** Broken off: no part any more for queries, but no other can be detached before this one is. */
        DETACHING,
        DETACHED
    }

    private record Part(String name, long end, State state) {}
}
