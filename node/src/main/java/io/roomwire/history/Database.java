package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections to one PostgreSQL, each with its timeouts, each looked at before it is used. Any thread may call.
 *
 * <p>Connecting takes at most half of {@code postgres.timeout} and a statement the other half, so that both together keep it.
 */
final class Database {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    /** The tables live here, so that a database may be shared. */
    static final String SCHEMA = "roomwire";

    /** The server gives up a little before the node does, so that a slow statement is known to have done nothing. */
    private static final double SERVER_SHARE = 0.8;

    /** SQLSTATE cannot_connect_now. */
    private static final String NOT_YET = "57P03";

    /** So long health speaks of it, which is looked at every few seconds. */
    private static final long OLDER_COUNTS_NS = TimeUnit.MINUTES.toNanos(1);

    private final PostgresServer server;
    private final int halfMs;
    private final Durability durability;
    private final Hosts hosts;
    private volatile @Nullable Older seenOlder;
    private volatile boolean schemaReady;
    private final Life life;
    private volatile String whyNotReady = "the tables are not ready yet";

    /** Of a node that tells nobody how far it came. */
    Database(Config.Postgres config, PostgresServer server) {
        this(config, server, Life.NOWHERE);
    }

    Database(Config.Postgres config, PostgresServer server, Life.Elsewhere elsewhere) {
        this.server = server;
        life = new Life(elsewhere);
        hosts = new Hosts(server.url());
        this.halfMs = (int) (config.timeoutMs() / 2);
        this.durability = new Durability(config.durability());
    }

    /** Half of {@code postgres.timeout}: the longest that one step may take. */
    int halfMs() {
        return halfMs;
    }

    Durability durability() {
        return durability;
    }

    Life life() {
        return life;
    }

    /** From now on connections may be used. */
    void schemaIsReady() {
        schemaReady = true;
    }

    /** Whoever connects is told so: what keeps the tables from being made is what has to be seen. */
    void schemaIsNotReady(String why) {
        whyNotReady = why;
    }

    boolean hasSchema() {
        return schemaReady;
    }

    /** What a node tells a server before it uses it. */
    interface Telling {
        void tell(Connection connection, String lifeEpoch) throws SQLException;
    }

    /** A connection for reads, on a server that is what it has to be. */
    Connection connect() throws SQLException {
        return connect((connection, lifeEpoch) -> {});
    }

    /** As {@link #connect()}; tells the server something first, also one that may not be used yet. */
    Connection connect(Telling telling) throws SQLException {
        if (!schemaReady) {
            throw new SQLException(whyNotReady, NOT_YET);
        }
        return onAnyHost(connection -> {
            ServerState state = stateOf(connection);
            durability.check(state);
            boolean settled = life.begin(connection, state);
            telling.tell(connection, life.epoch());
            if (!settled) {
                throw new SQLException("the server has just started, the nodes compare what they know of it", NOT_YET);
            }
        });
    }

    /**
     * A connection for the upkeep of tables, of several hosts none that is older than what is known; its statements may take
     * as long as they need.
     */
    Connection plain() throws SQLException {
        if (hosts.areSeveral()) {
            if (!hosts.isKnown()) {
                findNewest();
            }
            return onAnyHost(connection -> {
                life.refuseOlder(stateOf(connection));
                Session.settle(connection, 0);
            });
        }
        return onAnyHost(connection -> {});
    }

    private ServerState stateOf(Connection connection) throws SQLException {
        return ServerState.of(connection, (int) (halfMs * SERVER_SHARE));
    }

    /** A look that throws if the connection cannot be used. */
    private interface Look {
        void at(Connection connection) throws SQLException;
    }

    private Connection onAnyHost(Look look) throws SQLException {
        SQLException failure = null;
        for (String url : hosts.inOrder()) {
            try {
                Connection connection = looked(url, look);
                hosts.isBest(url);
                return connection;
            } catch (SQLException e) {
                if (Life.OLDER.equals(e.getSQLState())) {
                    older(e);
                }
                // what a server that can write has against it tells more than that another one is not there
                failure = failure == null || isAway(failure) ? e : failure;
            }
        }
        throw failure == null ? notAUrl() : failure;
    }

    /** SQLSTATE class 08: there was no connection, or none that can write. */
    private static boolean isAway(SQLException e) {
        return e.getSQLState() == null || e.getSQLState().startsWith("08");
    }

    private Connection looked(String url, Look look) throws SQLException {
        Connection connection = open(url);
        try {
            look.at(connection);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** A node that knows nothing yet could take an old primary that is first in the URL. */
    private void findNewest() {
        String newest = "";
        for (String url : hosts.inOrder()) {
            ServerState state = stateAt(url);
            if (state != null && state.timeline().compareTo(newest) > 0) {
                newest = state.timeline();
                hosts.isBest(url);
            }
        }
    }

    /**
     * Whether a later primary than the server in use is among the hosts: connections go there from now on. An old primary
     * may answer to all but commits, since its standby was promoted and no other follows it.
     */
    boolean findSuccessor() {
        for (String url : hosts.others()) {
            ServerState state = stateAt(url);
            if (state != null && life.known().isBefore(state.identity())) {
                hosts.isBest(url);
                return true;
            }
        }
        return false;
    }

    /** Null if that host is none that can write. */
    private @Nullable ServerState stateAt(String url) {
        try (Connection connection = open(url)) {
            return stateOf(connection);
        } catch (SQLException e) {
            LOG.debug("{} is not the one to be used now", server, e);
            return null;
        }
    }

    private void older(SQLException why) {
        long nowNs = System.nanoTime();
        Older before = seenOlder;
        if (before == null || nowNs - before.atNs > OLDER_COUNTS_NS) {
            LOG.warn("{}: {}", server, why.getMessage());
        }
        seenOlder = new Older(nowNs, SqlFailure.reason(why));
    }

    /** Which old primary was met in the last minute; empty if none. */
    String seenOlder() {
        Older seen = seenOlder;
        return seen == null || System.nanoTime() - seen.atNs > OLDER_COUNTS_NS ? "" : seen.reason;
    }

    private record Older(long atNs, String reason) {}

    private Connection open(String url) throws SQLException {
        Properties properties = new Properties();
        if (!server.user().isEmpty()) {
            properties.setProperty("user", server.user());
        }
        if (!server.password().text().isEmpty()) {
            properties.setProperty("password", server.password().text());
        }
        String seconds = String.valueOf(Math.max(1, halfMs / 1000));
        properties.setProperty("loginTimeout", seconds);
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("ApplicationName", "roomwire");
        // none that cannot write, whichever of the hosts that is after a failover
        properties.setProperty("targetServerType", "primary");
        // every statement of ours is sent again and again: prepared, and binary, from the first time
        properties.setProperty("prepareThreshold", "1");
        Connection connection = driver().connect(url, properties);
        if (connection == null) {
            throw notAUrl();
        }
        try {
            connection.setNetworkTimeout(Runnable::run, halfMs);
            Session.settle(connection, 0);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private Driver driver() throws SQLException {
        try {
            return DriverManager.getDriver(server.url());
        } catch (SQLException e) {
            throw notAUrl();
        }
    }

    /** Never with the URL as it is: there may be a password in it. */
    private SQLException notAUrl() {
        return new SQLException("not a URL of PostgreSQL: " + server, "08001");
    }

    @Override
    public String toString() {
        return server.toString();
    }
}
