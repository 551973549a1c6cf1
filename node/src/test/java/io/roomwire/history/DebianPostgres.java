package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * PostgreSQL as Debian ships it: unlike the one that the build brings it compiles the plans that it takes for expensive
 * (JIT). Run as the user postgres where the tests are root, since the server refuses root.
 */
final class DebianPostgres implements TestPostgres.Binaries {
    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    private final Path programs;

    private DebianPostgres(Path programs) {
        this.programs = programs;
    }

    /**
     * A new server with those settings, names and values in turns; the rest as Debian has it. Skips the test, and says so,
     * where Debian's server is not installed.
     */
    static TestPostgres start(String... settings) {
        Optional<DebianPostgres> installed = installed();
        if (installed.isEmpty()) {
            System.out.println("skipped: no PostgreSQL of the distribution in " + VERSIONS);
        }
        assumeTrue(installed.isPresent(), "no PostgreSQL of the distribution in " + VERSIONS);
        return new TestPostgres(installed.orElseThrow(), settings);
    }

    /** The newest one. */
    static Optional<DebianPostgres> installed() {
        if (!Files.isDirectory(VERSIONS)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Comparator.comparing(Path::toString))
                    .map(DebianPostgres::new);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public TestPostgres.Running start(Path data, int wantedPort, List<String> settings) throws IOException {
        boolean fresh = !Files.exists(data.resolve("PG_VERSION"));
        Path home = data.getParent();
        Files.createDirectories(data);
        if (ROOT) {
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
            run(List.of("chown", "-R", "postgres:", data.toString()));
        }
        if (fresh) {
            run(command("initdb", "-D", data.toString(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"));
        }
        int port = wantedPort == 0 ? freePort() : wantedPort;
        List<String> command =
                command("postgres", "-D", data.toString(), "-p", String.valueOf(port), "-h", "127.0.0.1");
        command.addAll(List.of("-c", "unix_socket_directories="));
        for (int i = 0; i < settings.size(); i += 2) {
            command.addAll(List.of("-c", settings.get(i) + "=" + settings.get(i + 1)));
        }
        // a child of this process and not of pg_ctl, so that it leaves no trace when it is killed
        Process process = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        home.resolve("server.log").toFile()))
                .start();
        await().atMost(Duration.ofSeconds(60)).until(() -> isReady(port) || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException("PostgreSQL ended: " + Files.readString(home.resolve("server.log")));
        }
        return new Server(process, port);
    }

    private boolean isReady(int port) throws IOException, InterruptedException {
        String name = programs.resolve("pg_isready").toString();
        return new ProcessBuilder(name, "-q", "-h", "127.0.0.1", "-p", String.valueOf(port))
                        .start()
                        .waitFor()
                == 0;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
        command.addAll(List.of(arguments));
        return asServer(command);
    }

    /** Runs a client of the distribution, such as {@code pg_dump}, for that server's database. */
    static void client(String program, TestPostgres server, String... arguments) throws IOException {
        Path path = installed().orElseThrow().programs.resolve(program);
        List<String> command = new ArrayList<>(List.of(path.toString(), "--host=127.0.0.1"));
        command.addAll(List.of("--port=" + server.port(), "--username=postgres", "--dbname=postgres"));
        command.addAll(List.of(arguments));
        run(command);
    }

    /** As a user that servers run as: they refuse root. */
    static List<String> asServer(List<String> command) {
        List<String> whole = new ArrayList<>();
        if (ROOT) { // another program than runuser, which would stand between us and the server
            whole.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        }
        whole.addAll(command);
        return whole;
    }

    private static void run(List<String> command) throws IOException {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(new File("/"))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private record Server(Process process, int port) implements TestPostgres.Running {
        @Override
        public void close() throws IOException {
            try { // whatever it says: the server may be ending by itself
                new ProcessBuilder(
                                "kill", "-INT", String.valueOf(process.pid())) // without waiting for who is connected
                        .redirectErrorStream(true)
                        .start()
                        .waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.onExit().join();
        }
    }
}
