package io.roomwire.test.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;

/**
 * Copies the data of a PostgreSQL that runs, so that a standby can begin with it: the binaries that the build brings have no
 * {@code pg_basebackup}. For one thread.
 */
final class BaseBackup {
    private BaseBackup() {}

    /**
     * A server that starts on the copy follows this one.
     *
     * @param connection to the server
     * @param port of the server
     * @param target empty, or not there
     */
    static void forStandby(Connection connection, int port, Path data, Path target) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('standby', true)");
            copy(data, target);
            Files.delete(target.resolve("postmaster.pid"));
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                row.next();
                Files.writeString(target.resolve("backup_label"), row.getString(1));
            }
            Files.createFile(target.resolve("standby.signal"));
            // by default it looks 5 s later for a primary that was away
            Files.writeString(
                    target.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=" + port + " user=postgres'\n"
                            + "wal_retrieve_retry_interval = '200ms'\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Copies a directory into one that is empty, or not there. */
    static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                try {
                    Files.copy(
                            each,
                            to.resolve(from.relativize(each).toString()),
                            StandardCopyOption.COPY_ATTRIBUTES,
                            StandardCopyOption.REPLACE_EXISTING);
                } catch (NoSuchFileException gone) {
                    // a server that runs removes files; the log that follows has what was in them
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
