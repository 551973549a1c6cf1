package io.roomwire.history;

import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.KeptMessages;
import io.roomwire.config.PostgresServer;
import io.roomwire.config.Secret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real PostgreSQL that can be killed, paused and started again on the same data and port. */
final class TestPostgres implements AutoCloseable {
    private static final String[] DURABLE = {"fsync", "on", "full_page_writes", "on", "synchronous_commit", "on"};

    private final Path data;
    private final Binaries binaries;
    private final List<String> settings;
    private Running server;

    /** Starts servers of one kind. */
    interface Binaries {
        /** The server of that data, which is made if there is none; on any free port if it is 0. */
        Running start(Path data, int port, List<String> settings) throws IOException;
    }

    /** A server that runs. */
    interface Running {
        int port();

        /** Ends it, as fast as it goes in order. */
        void close() throws IOException;
    }

    /** The one that the build brings. */
    TestPostgres(String... settings) {
        this(TestPostgres::embedded, settings.length == 0 ? DURABLE : settings);
    }

    TestPostgres(Binaries binaries, String... settings) {
        this(emptyDirectory(), binaries, List.of(settings));
    }

    private TestPostgres(Path data, Binaries binaries, List<String> settings) {
        this.data = data;
        this.binaries = binaries;
        this.settings = settings;
        server = start(0);
    }

    private static Path emptyDirectory() {
        try {
            return Files.createTempDirectory("roomwire-postgres").resolve("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Running start(int port) {
        try {
            return binaries.start(data, port, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Running embedded(Path data, int port, List<String> settings) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
                .setOutputRedirector(ProcessBuilder.Redirect.DISCARD);
        if (port != 0) {
            builder.setPort(port);
        }
        for (int i = 0; i < settings.size(); i += 2) {
            builder.setServerConfig(settings.get(i), settings.get(i + 1));
        }
        EmbeddedPostgres started = builder.start();
        return new Running() {
            @Override
            public int port() {
                return started.getPort();
            }

            @Override
            public void close() throws IOException {
                started.close();
            }
        };
    }

    PostgresServer server() {
        return new PostgresServer(
                "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres", "postgres", new Secret("unused"));
    }

    Config.Postgres config(int queue, long retentionAgeMs, KeptMessages... kept) {
        return new Config.Postgres(
                List.of(server()),
                2,
                2,
                2000,
                queue,
                retentionAgeMs,
                List.of(kept),
                Config.Durability.REQUIRE,
                TimeUnit.MINUTES.toMillis(5));
    }

    /** A log here that has begun. */
    PostgresLog log(KeptMessages... kept) {
        Config.Postgres config = config(20_000, TimeUnit.DAYS.toMillis(7), kept);
        PostgresLog log = new PostgresLog(config, server(), new Told());
        log.start();
        return log;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(server().url(), "postgres", "");
    }

    void execute(String sql) {
        executeIn("postgres", sql);
    }

    void executeIn(String database, String sql) {
        String url = "jdbc:postgresql://127.0.0.1:" + port() + "/" + database;
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** The first column of all rows, a line each. */
    String query(String sql) {
        StringBuilder lines = new StringBuilder();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                lines.append(lines.isEmpty() ? "" : "\n").append(rows.getString(1));
            }
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
        return lines.toString();
    }

    /** Ends the server as fast as it can be ended in order, with all of its connections. */
    void stop() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL to all of its processes. */
    void kill() {
        signal("KILL");
        stop();
    }

    void startAgain() {
        server = start(server.port());
    }

    /** Copies the data of the stopped server. */
    Path backup() {
        Path copy = data.resolveSibling("backup");
        copy(data, copy);
        return copy;
    }

    /** Puts the stopped server back to what it was. */
    void restore(Path backup) {
        delete(data);
        copy(backup, data);
        delete(backup);
    }

    /** The stopped server will start as a standby that gets nothing any more, until it is promoted. */
    void becomeStandby() {
        try {
            Files.createFile(data.resolve("standby.signal"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.port();
    }

    /** A standby that follows this server, from a base backup of it that is taken while it runs. */
    TestPostgres replica() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            Path target = Files.createTempDirectory("roomwire-postgres").resolve("data");
            statement.execute("SELECT pg_backup_start('replica', true)");
            copy(data, target);
            Files.delete(target.resolve("postmaster.pid"));
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                row.next();
                Files.writeString(target.resolve("backup_label"), row.getString(1));
            }
            Files.createFile(target.resolve("standby.signal"));
            Files.writeString(
                    target.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=" + port() + " user=postgres'\n");
            return new TestPostgres(target, binaries, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** From now on this server acknowledges a commit when its standbys have it too; at least one has to be there. */
    void waitForStandbys() {
        await().until(() -> !query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                .equals("0"));
        execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        execute("SELECT pg_reload_conf()");
        await().until(() -> query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
                .equals("1"));
    }

    /** This standby becomes a primary. */
    void promote() {
        query("SELECT pg_promote()");
    }

    /** From now on this standby lags behind its primary. */
    void receiveNothingMore() {
        execute("ALTER SYSTEM SET primary_conninfo = ''");
        execute("SELECT pg_reload_conf()");
        await().until(() -> query("SELECT count(*) FROM pg_stat_wal_receiver").equals("0"));
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                try {
                    Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException gone) {
                    // a server that runs removes files; the log that follows has what was in them
                }
            }
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** That signal, such as STOP, to the server and all of its processes. */
    void signal(String signal) {
        try {
            String postmaster =
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0);
            StringBuilder all = new StringBuilder();
            ProcessHandle.of(Long.parseLong(postmaster)).ifPresent(process -> {
                all.append(' ').append(process.pid());
                process.descendants().forEach(each -> all.append(' ').append(each.pid()));
            });
            new ProcessBuilder("sh", "-c", "kill -" + signal + all)
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stop();
        delete(data.getParent());
    }
}
