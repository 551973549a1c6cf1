package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Which life of the database this node takes part in, and the newest transaction of this node in it: a database that has
 * not come as far was restored from a backup, and begins another life before it gives a seq. Any thread may call.
 */
final class Life {
    /** Every node has sought its lost server several times by then (GroupCommit.IDLE_MS). */
    private static final String PATIENCE = "2 seconds";

    private String server = ""; // guarded by this
    private String epoch = ""; // guarded by this
    private long newestTransaction; // guarded by this
    private Runnable beforeAnother = () -> {}; // guarded by this

    /** Runs that right before the epoch becomes another one; it must not wait for a connection. */
    synchronized void beforeAnother(Runnable action) {
        beforeAnother = action;
    }

    /** The epoch of a room that has none of its own; empty before the first connection. */
    synchronized String epoch() {
        return epoch;
    }

    /** A transaction of this node was committed in the life of that epoch. */
    synchronized void committed(long transaction, String in) {
        if (in.equals(epoch)) {
            newestTransaction = Math.max(newestTransaction, transaction);
        }
    }

    private synchronized long knownOn(String now) {
        if (!now.equals(server)) {
            server = now;
            newestTransaction = 0; // numbers of another server say nothing about this one
        }
        return newestTransaction;
    }

    private synchronized void is(String found) {
        if (!found.equals(epoch)) {
            beforeAnother.run();
            epoch = found;
            newestTransaction = 0; // said once is enough
        }
    }

    /** Returns false while other nodes may still know more of this server than its data says. */
    boolean begin(Connection connection, ServerState state) throws SQLException {
        try (PreparedStatement begin = connection.prepareStatement(
                "SELECT life_epoch, settled FROM " + Database.SCHEMA + ".begin_life(?, ?, ?::interval)")) {
            begin.setString(1, state.identity());
            begin.setLong(2, knownOn(state.identity()));
            begin.setString(3, PATIENCE);
            try (ResultSet row = begin.executeQuery()) {
                row.next();
                is(row.getString(1));
                return row.getBoolean(2);
            }
        }
    }
}
