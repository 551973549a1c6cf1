package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import io.roomwire.protocol.UserId;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the content out of messages in one PostgreSQL, while nodes go on: a commit for each run of seqs of one room, so no
 * lock is held for long and appends wait for none. Seq, sender, time and id stay: the order has no hole, and who sends such
 * a message again gets its old place and does not store it again.
 *
 * <p>Blocks; for the command line. Broken off, it may be run again.
 */
public final class PostgresErasure {
    /** Messages looked at in one statement: some milliseconds. */
    private static final long SEQS_AT_ONCE = 1000;

    private static final int ROOMS_AT_ONCE = 1000;

    private static final String MESSAGES =
            "roomwire.message WHERE room = ? AND seq >= ? AND seq < ? AND content <> '' AND (?::text IS NULL OR sender = ?)";
    private static final String COUNT = "SELECT count(*) FROM " + MESSAGES.replace(" WHERE", " m WHERE");
    private static final String ERASE = "UPDATE " + MESSAGES.replace(" WHERE", " SET content = '' WHERE");

    private final Database database;

    public PostgresErasure(Config.Postgres config, PostgresServer server) {
        database = new Database(config, server);
    }

    /**
     * Erases, or only counts.
     *
     * @return how many messages had a content, up to the head that their room had when its turn came
     * @throws IOException if the database cannot be used; what was done until then stays done
     */
    public long run(Erasing what, boolean erase) throws IOException {
        try (Connection connection = database.plain()) {
            ServerState.of(connection, database.halfMs());
            long count = 0;
            if (what.room() != null) {
                count = run(connection, what.room().text(), what.sender(), erase);
            } else {
                List<String> rooms = rooms(connection, "");
                while (!rooms.isEmpty()) {
                    for (String room : rooms) {
                        count += run(connection, room, what.sender(), erase);
                    }
                    rooms = rooms(connection, rooms.get(rooms.size() - 1));
                }
            }
            if (erase && count > 0) {
                vacuum(connection);
            }
            return count;
        } catch (SQLException e) {
            throw new IOException(this + ": " + SqlFailure.reason(e), e);
        }
    }

    private static long run(Connection connection, String room, @Nullable UserId sender, boolean erase)
            throws SQLException {
        long count = 0;
        long head = number(connection, "SELECT seq FROM roomwire.room_head WHERE room = ?", room);
        long from = number(connection, "SELECT seq FROM roomwire.message WHERE room = ? ORDER BY seq LIMIT 1", room);
        try (PreparedStatement statement = connection.prepareStatement(erase ? ERASE : COUNT)) {
            for (; from > 0 && from <= head; from += SEQS_AT_ONCE) {
                statement.setString(1, room);
                statement.setLong(2, from);
                statement.setLong(3, Math.min(from + SEQS_AT_ONCE, head + 1));
                statement.setString(4, sender == null ? null : sender.text());
                statement.setString(5, sender == null ? null : sender.text());
                count += erase ? statement.executeUpdate() : number(statement);
            }
        }
        return count;
    }

    private static List<String> rooms(Connection connection, String after) throws SQLException {
        List<String> rooms = new ArrayList<>();
        try (PreparedStatement ask = connection.prepareStatement(
                "SELECT room FROM roomwire.room_head WHERE room > ? ORDER BY room LIMIT " + ROOMS_AT_ONCE)) {
            ask.setString(1, after);
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    rooms.add(rows.getString(1));
                }
            }
        }
        return rooms;
    }

    private static long number(Connection connection, String sql, String room) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(sql)) {
            ask.setString(1, room);
            return number(ask);
        }
    }

    /** 0 if there is no row. */
    private static long number(PreparedStatement ask) throws SQLException {
        try (ResultSet row = ask.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    /** Until then the old content lies where it lay, though nobody can ask for it. Takes as long as it takes. */
    private static void vacuum(Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, 0);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET statement_timeout = 0");
            statement.execute("VACUUM roomwire.message");
        }
    }

    @Override
    public String toString() {
        return "PostgreSQL " + database;
    }
}
