package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/**
 * Retires the heads of rooms of which no message is left: a walk through all of them, in short transactions that wait for
 * nobody. Where it is stands in the database, so that nodes go on for each other. Used by one thread a node.
 */
final class Retirement {
    /** Any number, as long as it is always the same one, and not that of {@link Partitions}. */
    private static final long LOCK = 0x726f6f6d77697266L;

    /** Who appends to one of them waits for so many at most, some 20 ms, and only if nobody had for a week. */
    static final int AT_ONCE = 500;

    /** Of a second: what a walk through a large table takes from the server, beside what clients ask of it. */
    private static final long WORK_NS = 250_000_000;

    private static final long PAUSE_MS = 750;

    /** Rooms come and go: a thousandth of the time for which they stay is soon enough. */
    private static final int WALKS = 1000;

    private static final long MIN_REST_MS = 1000;
    private static final long MAX_REST_MS = TimeUnit.MINUTES.toMillis(10);

    private static final String RETIRE = "SELECT looked, retired FROM " + Database.SCHEMA + ".retire_heads(?, ?, ?)";

    private final long idleMs;
    private final long restMs;

    private long retired;

    /** @param idleMs how long nobody may have written to a room that is retired */
    Retirement(long idleMs) {
        this.idleMs = idleMs;
        restMs = Math.max(MIN_REST_MS, Math.min(MAX_REST_MS, idleMs / WALKS));
    }

    /** Milliseconds until the first time. */
    long restMs() {
        return restMs;
    }

    /**
     * Goes on with the walk for a moment, unless another node does.
     *
     * @return milliseconds until it should go on
     */
    long goOn(Connection connection) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_lock(" + LOCK + ")");
                ResultSet row = lock.executeQuery()) { // until the connection is closed
            if (!row.next() || !row.getBoolean(1)) {
                return restMs;
            }
        }
        long startNs = System.nanoTime();
        int looked;
        do {
            looked = step(connection, restMs);
        } while (looked == AT_ONCE && System.nanoTime() - startNs < WORK_NS);
        return looked == AT_ONCE ? PAUSE_MS : restMs;
    }

    /** Returns how many heads it has looked at: less than {@link #AT_ONCE} at the end of a walk. */
    int step(Connection connection, long rest) throws SQLException {
        try (PreparedStatement retire = connection.prepareStatement(RETIRE)) {
            retire.setInt(1, AT_ONCE);
            retire.setLong(2, idleMs);
            retire.setLong(3, rest);
            try (ResultSet row = retire.executeQuery()) {
                row.next();
                retired += row.getInt(2);
                return row.getInt(1);
            }
        }
    }

    /** How many were retired since the last call. */
    long takeRetired() {
        long count = retired;
        retired = 0;
        return count;
    }
}
