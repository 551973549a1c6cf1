package io.roomwire.history;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.roomwire.config.PostgresServer;
import io.roomwire.config.Secret;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/** Debian's PgBouncer before a PostgreSQL. */
final class PgBouncer implements AutoCloseable {
    private static final String PROGRAM = "/usr/sbin/pgbouncer";

    private final Process process;
    private final int port;

    PgBouncer(TestPostgres postgres, String mode) {
        if (!Files.isExecutable(Path.of(PROGRAM))) {
            System.out.println("skipped: no " + PROGRAM);
        }
        assumeTrue(Files.isExecutable(Path.of(PROGRAM)), "no " + PROGRAM);
        try {
            Path home = Files.createTempDirectory("roomwire-pgbouncer");
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            Path users = Files.writeString(home.resolve("users"), "\"postgres\" \"\"\n");
            Path settings =
                    Files.writeString(home.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    auth_file = %s
                    pool_mode = %s
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(postgres.port(), port, users, mode));
            process = new ProcessBuilder(DebianPostgres.asServer(List.of(PROGRAM, settings.toString())))
                    .directory(new File("/"))
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await().atMost(Duration.ofSeconds(30)).until(this::answers);
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    PostgresServer server() {
        return new PostgresServer(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", new Secret("unused"));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
