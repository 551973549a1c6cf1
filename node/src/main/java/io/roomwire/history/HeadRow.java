package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.PastEpoch;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A room's head as the tables have it. The database's life comes with it, from the same snapshot: what an old primary says
 * is of another life, and a room that is not there begins with the present one.
 */
final class HeadRow {
    /** Five columns, from {@code life l} and a {@code room_head h} that may not be there. */
    static final String COLUMNS = "l.epoch, h.seq, CASE WHEN h.life IS NULL THEN " + Database.SCHEMA
            + ".generation_name(l.generation) WHEN h.life = l.number THEN h.epoch ELSE '' END,"
            + " CASE WHEN h.life = l.number AND h.began IS NOT NULL THEN h.began ELSE h.seq END,"
            + " CASE WHEN h.life = l.number THEN h.before ELSE " + Database.SCHEMA
            + ".past_epochs(coalesce(h.before, ''), coalesce(h.epoch, ''), coalesce(h.life, 0), coalesce(h.seq, 0)) END";

    /** How many they are. */
    static final int WIDTH = 5;

    private HeadRow() {}

    /**
     * Reads those columns, which are the row's first.
     *
     * @throws SQLException if they are of another life than the present one
     */
    static Head read(ResultSet row, Life life) throws SQLException {
        String epoch = row.getString(1);
        life.expect(epoch);
        return new Head(
                row.getLong(2), // 0 where there is none
                Epochs.of(epoch, row.getString(3)),
                row.getLong(4),
                PastEpoch.all(row.getString(5)));
    }

    /** Whether the room is there. */
    static boolean isThere(ResultSet row) throws SQLException {
        row.getLong(2);
        return !row.wasNull();
    }
}
