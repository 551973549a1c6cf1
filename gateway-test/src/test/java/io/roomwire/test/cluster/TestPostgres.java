package io.roomwire.test.cluster;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real PostgreSQL with an empty database: the one that {@code ROOMWIRE_TEST_POSTGRES} names, else a container where a
 * Docker engine answers, else a process from the binaries that the build brings.
 */
public final class TestPostgres implements AutoCloseable {
    private static final String GIVEN = System.getenv("ROOMWIRE_TEST_POSTGRES");
    private static final String IMAGE = "postgres:16";

    private final String uri;
    private final Closeable server;

    private TestPostgres(String uri, Closeable server) {
        this.uri = uri;
        this.server = server;
    }

    public static TestPostgres start() {
        if (GIVEN != null) {
            TestServers.say("PostgreSQL", "given by ROOMWIRE_TEST_POSTGRES");
            return new TestPostgres(GIVEN, () -> {});
        }
        if (DockerClientFactory.instance().isDockerAvailable()) {
            TestServers.say("PostgreSQL", "container " + IMAGE);
            PostgreSQLContainer container = new PostgreSQLContainer(IMAGE);
            container.start();
            String uri = "postgres://" + container.getUsername() + ":" + container.getPassword() + "@"
                    + container.getHost() + ":" + container.getFirstMappedPort() + "/" + container.getDatabaseName();
            return new TestPostgres(uri, container::close);
        }
        TestServers.say("PostgreSQL", "process of the binaries that the build brings");
        EmbeddedPostgres server = start(EmbeddedPostgres.builder());
        return new TestPostgres(uri(server), server);
    }

    static String uri(EmbeddedPostgres server) {
        return "postgres://postgres@127.0.0.1:" + server.getPort() + "/postgres";
    }

    /** Starts a process of the binaries that the build brings, with the durability that their own defaults give up. */
    static EmbeddedPostgres start(EmbeddedPostgres.Builder builder) {
        try {
            return builder.setServerConfig("fsync", "on")
                    .setServerConfig("full_page_writes", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no PostgreSQL to be had: install postgresql and name a database in"
                            + " ROOMWIRE_TEST_POSTGRES=postgres://user:password@host/database",
                    e);
        }
    }

    public String uri() {
        return uri;
    }

    /** Runs one statement behind the nodes' back; gives the number of rows that it changed. */
    public int execute(String statement) throws SQLException {
        try (Connection connection = connect();
                Statement now = connection.createStatement()) {
            return now.executeUpdate(statement);
        }
    }

    /** A connection of its own, by no pool. */
    public Connection connect() throws SQLException {
        URI parts = URI.create(uri);
        String jdbc = "jdbc:postgresql://" + parts.getRawAuthority().replaceFirst(".*@", "") + parts.getRawPath();
        String user = parts.getUserInfo() == null ? "" : parts.getUserInfo();
        int colon = user.indexOf(':');
        Properties login = new Properties();
        login.setProperty("user", colon < 0 ? user : user.substring(0, colon));
        login.setProperty("password", user.substring(colon + 1)); // one without a password is not asked for it
        return DriverManager.getConnection(jdbc, login);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
