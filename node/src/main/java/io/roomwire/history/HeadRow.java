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
    /** Six columns, from {@code life l} and a {@link #of} room. */
    static final String COLUMNS = "l.epoch, h.seq, coalesce(h.life_epoch, l.epoch), coalesce(h.own, " + Database.SCHEMA
            + ".generation_name(l.generation)), h.began,"
            + " CASE WHEN h.seq IS NULL THEN " + Database.SCHEMA + ".past_epochs('', '', 0, 0) ELSE h.before END";

    /** How many they are. */
    static final int WIDTH = 6;

    private HeadRow() {}

    /**
     * The table {@code h} of one row at most, lateral to {@code life l}. Its limit keeps it apart, so that what is in it is
     * found once, however many rows it is joined to, and by the index.
     *
     * @param room an expression
     */
    static String of(String room) {
        return "LATERAL (SELECT o.seq, k.epoch AS life_epoch, CASE WHEN k.epoch IS NULL THEN '' ELSE o.epoch END AS own,"
                + " CASE WHEN k.epoch IS NULL OR o.began IS NULL THEN o.seq ELSE o.began END AS began,"
                + " CASE WHEN k.epoch IS NULL THEN " + Database.SCHEMA
                + ".past_epochs(o.before, o.epoch, o.life, o.seq) ELSE o.before END AS before"
                + " FROM " + Database.SCHEMA + ".room_head o CROSS JOIN LATERAL (SELECT CASE WHEN o.life = l.number"
                + " THEN l.epoch ELSE " + Database.SCHEMA + ".kept_epoch(o.life) END AS epoch LIMIT 1) k"
                + " WHERE o.room = " + room + " LIMIT 1) h";
    }

    /**
     * Reads those columns, which are the row's first.
     *
     * @throws SQLException if they are of another life than the present one
     */
    static Head read(ResultSet row, Life life) throws SQLException {
        life.expect(row.getString(1));
        return new Head(
                row.getLong(2), // 0 where there is none
                Epochs.of(row.getString(3), row.getString(4)),
                row.getLong(5),
                PastEpoch.all(row.getString(6)));
    }

    /** Whether the room is there. */
    static boolean isThere(ResultSet row) throws SQLException {
        row.getLong(2);
        return !row.wasNull();
    }
}
