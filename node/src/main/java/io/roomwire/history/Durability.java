package io.roomwire.history;

import io.roomwire.config.Config;
import java.sql.SQLException;
import java.util.StringJoiner;

/** Whether what a server commits outlives a loss of power, and what is done if not. Any thread may call. */
final class Durability {
    /** A class of our own in the space that SQL leaves to implementations: no server sends it. */
    static final String REFUSED = "RW001";

    private final Config.Durability promised;
    private volatile String weakness = "";

    Durability(Config.Durability promised) {
        this.promised = promised;
    }

    /** Why an ack may be forgotten, as last seen; empty if it may not. */
    String weakness() {
        return weakness;
    }

    /** @throws SQLException if the server is weaker than what the configuration promises */
    void check(ServerState state) throws SQLException {
        StringJoiner found = new StringJoiner(", ");
        if (!state.fsync().equals("on")) {
            found.add("fsync=" + state.fsync());
        }
        if (!state.fullPageWrites().equals("on")) {
            found.add("full_page_writes=" + state.fullPageWrites());
        }
        if (state.synchronousCommit().equals("off")) {
            found.add("synchronous_commit=off");
        }
        weakness = found.toString();
        if (promised == Config.Durability.REQUIRE && !weakness.isEmpty()) {
            throw new SQLException(
                    "postgres.durability: expected a server that keeps what it commits, found " + weakness
                            + " (set postgres.durability to report to use it nevertheless)",
                    REFUSED);
        }
    }
}
