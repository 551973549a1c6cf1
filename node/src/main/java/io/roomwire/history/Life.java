package io.roomwire.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which life of the database this node takes part in, and how far it has come. Each process of a server is another life,
 * so no seq is given twice in one; if a server has not come as far as is known here, the life before it lacks something. A
 * server that is before it in time is an old primary, and is not used. Any thread may call.
 */
final class Life {
    private static final Logger LOG = LoggerFactory.getLogger(Life.class);

    /** Every node has sought its lost server several times by then (GroupCommit.IDLE_MS), to say what it knows. */
    private static final String PATIENCE = "2 seconds";

    /** For an answer from elsewhere: longer than a healthy one takes, and well under the time of a connection. */
    private static final long RECALL_MS = 300;

    /** SQLSTATE: what was asked belongs to a life that is over. One of our own, see lock_heads. */
    static final String ANOTHER = "RW002";

    /** SQLSTATE: the server is an older one than is known. */
    static final String OLDER = "RW003";

    /** Where nodes tell each other, and later nodes, how far a database has come. Any thread may call. */
    interface Elsewhere {
        /** Keeps what is newer, and gives that. */
        CompletionStage<KnownLife> exchange(String database, KnownLife mine);

        /** Has that run often; it does not wait. */
        void often(Runnable exchange);
    }

    /** Of a node that has nobody to tell. */
    static final Elsewhere NOWHERE = new Elsewhere() {
        @Override
        public CompletionStage<KnownLife> exchange(String database, KnownLife mine) {
            return CompletableFuture.completedFuture(mine);
        }

        @Override
        public void often(Runnable exchange) {
            // nobody hears it
        }
    };

    private final Elsewhere elsewhere;
    private KnownLife known = KnownLife.NONE; // guarded by this
    private final List<Runnable> beforeAnother = new ArrayList<>(); // guarded by this
    private volatile boolean ended;

    Life(Elsewhere elsewhere) {
        this.elsewhere = elsewhere;
    }

    /** Tells elsewhere from now on, and hears what others know. */
    void start() {
        elsewhere.often(this::exchange);
    }

    /** Runs that right before the epoch becomes another one; it must not wait for a connection. */
    synchronized void beforeAnother(Runnable action) {
        beforeAnother.add(action);
    }

    /** The epoch of a room that has none of its own; empty before the first connection. */
    String epoch() {
        return known().epoch();
    }

    synchronized KnownLife known() {
        return known;
    }

    /** @throws SQLException if what was read is of another life than the present one */
    void expect(String epoch) throws SQLException {
        if (!epoch.equals(epoch())) {
            throw another();
        }
    }

    /** @throws SQLException if a connection that began in that life is not to be used any more */
    void expect(KnownLife used) throws SQLException {
        KnownLife present = known();
        if (!used.epoch().equals(present.epoch()) || used.startedUs() != present.startedUs()) {
            throw another();
        }
    }

    private static SQLException another() {
        return new SQLException("the database has begun another life", ANOTHER);
    }

    /** A transaction of this node was committed behind that place, in the life of that epoch. */
    synchronized void committed(long place, String in) {
        if (in.equals(known.epoch())) {
            known = known.at(place);
        }
    }

    private void exchange() {
        KnownLife mine = known();
        if (mine.number() > 0 && !ended) {
            elsewhere.exchange(KnownLife.database(mine.server()), mine).whenComplete((newest, failure) -> {
                if (failure == null) {
                    heard(newest);
                }
            });
        }
    }

    /** Says once more how far it came, for nodes that come later, and then no more; waits for that, but not long. */
    void end() {
        ended = true;
        KnownLife mine = known();
        if (mine.number() > 0) {
            recall(mine.server());
        }
    }

    /** Another node knows more: connections of this one go where that is known too. */
    private synchronized void heard(KnownLife newest) {
        if (newest.number() > known.number()) {
            LOG.warn("another node knows a newer state of PostgreSQL than this one uses: {}, here {}", newest, known);
            beforeAnother.forEach(Runnable::run);
            known = newest;
        }
    }

    private KnownLife recall(String server) {
        try {
            KnownLife newest = elsewhere
                    .exchange(KnownLife.database(server), known())
                    .toCompletableFuture()
                    .get(RECALL_MS, TimeUnit.MILLISECONDS);
            synchronized (this) {
                return newest.isNewerThan(known) ? newest : known;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("what other nodes know of PostgreSQL cannot be asked now", e);
        }
        return known();
    }

    private KnownLife knownOf(ServerState state) {
        KnownLife mine = known();
        boolean isSame = mine.server().equals(state.identity()) && mine.startedUs() == state.startedUs();
        return isSame ? mine : recall(state.identity());
    }

    private synchronized void is(KnownLife found) throws SQLException {
        if (found.number() < known.number()) {
            throw another();
        }
        if (!found.epoch().equals(known.epoch())) {
            beforeAnother.forEach(Runnable::run);
            known = found;
        } else {
            known = found.at(known.at());
        }
    }

    /**
     * Returns false while other nodes may still know more of this server than its data says.
     *
     * @throws SQLException if the server is an older one than is known
     */
    boolean begin(Connection connection, ServerState state) throws SQLException {
        KnownLife mine = knownOf(state);
        try (PreparedStatement begin = connection.prepareStatement(
                "SELECT life_epoch, life_number, process_started, process_begun_at, settled, refused FROM "
                        + Database.SCHEMA + ".begin_life(?, ?, ?, ?, ?, ?::interval)")) {
            begin.setString(1, state.identity());
            begin.setLong(2, mine.number());
            begin.setString(3, mine.epoch());
            begin.setString(4, mine.server());
            begin.setLong(5, mine.at());
            begin.setString(6, PATIENCE);
            try (ResultSet row = begin.executeQuery()) {
                row.next();
                if (row.getBoolean(6)) {
                    throw refused(state, mine);
                }
                boolean settled = row.getBoolean(5);
                String epoch = row.getString(1);
                is(begun(mine, state, epoch, settled, row));
                return settled;
            }
        }
    }

    private static KnownLife begun(KnownLife mine, ServerState state, String epoch, boolean settled, ResultSet row)
            throws SQLException {
        long number = row.getLong(2);
        if (!settled) { // the process has no life yet: what is known of the one before stays as it is
            return epoch.equals(mine.epoch()) ? mine : new KnownLife(number, epoch, state.identity(), 0, 0);
        }
        long at = epoch.equals(mine.epoch()) ? mine.at() : 0;
        return new KnownLife(
                number, epoch, state.identity(), row.getLong(3), Math.max(at, Math.max(1, row.getLong(4))));
    }

    /** @throws SQLException if the server is an older one than is known */
    void refuseOlder(ServerState state) throws SQLException {
        KnownLife mine = known();
        if (mine.isLaterThan(state.identity())) {
            throw refused(state, mine);
        }
    }

    private static SQLException refused(ServerState state, KnownLife mine) {
        return new SQLException(
                "the server is an old primary: expected " + mine.server()
                        + " (system/timeline/database) or a later timeline,"
                        + " found " + state.identity() + "; stop it, or if this state was put back on purpose,"
                        + " say so there: UPDATE " + Database.SCHEMA + ".life SET server = ''",
                OLDER);
    }
}
