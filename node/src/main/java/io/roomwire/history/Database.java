package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Opens connections to one PostgreSQL, each with its timeouts, each looked at before it is used. Any thread may call.
 *
 * <p>Connecting takes at most half of {@code postgres.timeout} and a statement the other half, so that both together keep it.
 */
final class Database {
    /** The tables live here, so that a database may be shared. */
    static final String SCHEMA = "roomwire";

    /** The server gives up a little before the node does, so that a slow statement is known to have done nothing. */
    private static final double SERVER_SHARE = 0.8;

    /** SQLSTATE cannot_connect_now. */
    private static final String NOT_YET = "57P03";

    private final PostgresServer server;
    private final int halfMs;
    private final Durability durability;
    private volatile boolean schemaReady;
    private final Life life = new Life();

    Database(Config.Postgres config, PostgresServer server) {
        this.server = server;
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
            throw new SQLException("the tables are not ready yet", NOT_YET);
        }
        Connection connection = plain();
        try {
            ServerState state = ServerState.of(connection, (int) (halfMs * SERVER_SHARE));
            durability.check(state);
            boolean settled = life.begin(connection, state);
            telling.tell(connection, life.epoch());
            if (!settled) {
                throw new SQLException("the server has just started, the nodes compare what they know of it", NOT_YET);
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** A connection for the upkeep of tables, not looked at; its statements may take as long as they need. */
    Connection plain() throws SQLException {
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
        // of several hosts in the URL the one that can write, whichever that is after a failover
        properties.setProperty("targetServerType", "primary");
        // every statement of ours is sent again and again: prepared, and binary, from the first time
        properties.setProperty("prepareThreshold", "1");
        Connection connection = driver().connect(server.url(), properties);
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
