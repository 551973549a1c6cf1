package io.roomwire.test.cluster;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
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
        try {
            EmbeddedPostgres server = EmbeddedPostgres.builder() // its own defaults give durability up for speed
                    .setServerConfig("fsync", "on")
                    .setServerConfig("full_page_writes", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .start();
            TestServers.say("PostgreSQL", "process of the binaries that the build brings");
            return new TestPostgres("postgres://postgres@127.0.0.1:" + server.getPort() + "/postgres", server);
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

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
