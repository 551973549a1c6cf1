package io.roomwire.test.cluster;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A real PostgreSQL of the binaries that the build brings, which can be killed and paused, and comes back on its port with
 * what it had stored. For one test thread at a time.
 */
public final class MortalPostgres implements AutoCloseable {
    private final Path data;
    private EmbeddedPostgres server;

    private MortalPostgres(Path data) {
        this.data = data;
        server = TestPostgres.start(inPlace());
    }

    public static MortalPostgres start() {
        return new MortalPostgres(emptyDirectory());
    }

    private static Path emptyDirectory() {
        try {
            return Files.createTempDirectory("roomwire-postgres");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that follows this one, on a port of its own. */
    MortalPostgres standby() {
        Path copy = emptyDirectory();
        copyTo(copy);
        return new MortalPostgres(copy);
    }

    /** After {@link #kill}: begins again on its port, with the data of that server, and follows it. */
    void becomeStandbyOf(MortalPostgres primary) {
        delete(data);
        primary.copyTo(data);
        restart();
    }

    private void copyTo(Path target) {
        try (Connection connection = server.getPostgresDatabase().getConnection()) {
            BaseBackup.forStandby(connection, server.getPort(), data, target);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** From now on a commit is answered when a standby has it too; there is one when this returns. */
    void waitForStandby() {
        execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        execute("SELECT pg_reload_conf()");
        await("a synchronous standby").atMost(Duration.ofSeconds(60)).until(this::hasStandby);
    }

    private boolean hasStandby() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement ask = connection.createStatement();
                ResultSet row = ask.executeQuery("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")) {
            return row.next();
        }
    }

    /** The standby is a primary when this returns, and waits for no standby of its own. */
    void promote() {
        execute("SELECT pg_promote()");
    }

    private void execute(String sql) {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement now = connection.createStatement()) {
            now.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    int port() {
        return server.getPort();
    }

    private EmbeddedPostgres.Builder inPlace() {
        return EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(false);
    }

    public String uri() {
        return TestPostgres.uri(server);
    }

    /** Makes a role that has to give its password, and gives the URI with both. */
    public String uriOf(String role, String password) throws IOException, SQLException {
        Path rules = data.resolve("pg_hba.conf");
        Files.writeString(rules, "host all " + role + " all scram-sha-256\n" + Files.readString(rules));
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement now = connection.createStatement()) {
            now.execute("CREATE ROLE " + role + " SUPERUSER LOGIN PASSWORD '" + password + "'");
            now.execute("SELECT pg_reload_conf()");
        }
        return uri().replace("postgres@", role + ":" + password + "@");
    }

    /** SIGKILL to all of its processes, as when the machine goes, but for what the kernel still has. */
    public void kill() {
        List<ProcessHandle> all = stopped();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(each -> each.onExit().join());
        close(server);
    }

    /** After {@link #kill} or {@link #stop}: recovers, and is there again when this returns. */
    public void restart() {
        server = TestPostgres.start(inPlace().setPort(server.getPort()));
    }

    /** Ends it in order. */
    public void stop() {
        close(server);
    }

    /** After {@link #stop}: copies its files. */
    public Path backup() {
        Path backup = emptyDirectory();
        BaseBackup.copy(data, backup);
        return backup;
    }

    /** After {@link #stop}: puts those files in place of its own. */
    public void restore(Path backup) {
        delete(data);
        BaseBackup.copy(backup, data);
        delete(backup);
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

    /** SIGSTOP to all of its processes: it holds its connections and answers nothing. */
    public void pause() {
        stopped();
    }

    public void resume() {
        ProcessHandle postmaster = postmaster();
        postmaster.descendants().forEach(each -> TestServers.trySignal("CONT", each.pid()));
        TestServers.signal("CONT", postmaster.pid());
    }

    /** Stops all of its processes and lists them; the postmaster first, so that it makes no more. */
    private List<ProcessHandle> stopped() {
        ProcessHandle postmaster = postmaster();
        TestServers.signal("STOP", postmaster.pid());
        List<ProcessHandle> all = new ArrayList<>(List.of(postmaster));
        postmaster.descendants().forEach(each -> {
            if (TestServers.trySignal("STOP", each.pid())) { // else it was just about to end
                all.add(each);
            }
        });
        return all;
    }

    /** The first line of its lock file: the process that we started has only started it. */
    private ProcessHandle postmaster() {
        try {
            long pid = Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0));
            return ProcessHandle.of(pid).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        close(server);
        delete(data);
    }
}
