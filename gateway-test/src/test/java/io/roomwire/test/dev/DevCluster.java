package io.roomwire.test.dev;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ConditionTimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command line of {@code deploy/dev-cluster}. Each command is a short-lived process; what it starts belongs to a
 * {@link Supervisor} that stays. Exit codes: 0 all is well, 1 something is not, 2 wrong usage, 3 no cluster runs.
 */
@Command(
        name = "dev-cluster",
        description =
                "Three nodes, Redis, PostgreSQL and, where it is installed, HAProxy, as processes of this machine."
                        + " The messages do not outlive a stop.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class DevCluster {
    static final String PROCESSES = "processes";
    private static final String LOG = "supervisor.log";
    private static final int NOT_RUNNING = 3;
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    @Option(
            names = "--folder",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Where logs and the state of the cluster are; another folder is another cluster.",
            defaultValue = "../target/dev-cluster")
    private Path folder = Path.of("");

    private DevCluster() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DevCluster()).execute(arguments));
    }

    private Path socket() {
        return folder.resolve("control");
    }

    @Command(description = "Starts everything and returns when it is ready.")
    int start(
            @Option(
                            names = "--port",
                            description = "Port of HAProxy for clients; 0 picks a free one.",
                            defaultValue = "8080")
                    int port)
            throws IOException {
        if (Files.exists(socket())) {
            Control.Answer running = ask("status");
            if (running.exitCode() != NOT_RUNNING) {
                System.err.println("dev-cluster: it is running already");
                return say(running);
            }
        }
        Files.createDirectories(folder);
        clearAway();
        Path log = folder.resolve(LOG);
        Process supervisor = new ProcessBuilder(
                        // So that it outlives the shell.
                        "nohup",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DevCluster.class.getName(),
                        "run",
                        "--folder",
                        folder.toString(),
                        "--port",
                        "" + port)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(START_TIMEOUT)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> Files.exists(socket()) || !supervisor.isAlive());
        } catch (ConditionTimeoutException e) {
            // Told below, with what it said.
        }
        if (!Files.exists(socket())) {
            System.err.println("dev-cluster: it did not start. " + log + " says:\n" + Files.readString(log));
            supervisor.destroy();
            clearAway();
            return Supervisor.NOT_WELL;
        }
        return say(ask("status"));
    }

    /** What a supervisor left that did not end by itself. */
    private int clearAway() throws IOException {
        Files.deleteIfExists(socket());
        return new ProcessList(folder.resolve(PROCESSES)).end();
    }

    @Command(description = "The long-lived part of start.", hidden = true)
    int run(@Option(names = "--port", defaultValue = "0") int port) throws IOException {
        try (Supervisor supervisor = new Supervisor(folder, port)) {
            Runtime.getRuntime().addShutdownHook(new Thread(supervisor::close, "end"));
            supervisor.serve(socket());
        } catch (AssertionError e) { // a server that did not start, and what it said
            System.err.println(e.getMessage());
            return Supervisor.NOT_WELL;
        }
        return Supervisor.WELL;
    }

    @Command(description = "Says of each part where it is and how it does; exit code 0 if all is well.")
    int status() {
        Control.Answer answer = ask("status");
        if (answer.exitCode() == Supervisor.NOT_WELL) { // an answer all the same, and no complaint
            System.out.println(answer.text());
            return answer.exitCode();
        }
        return say(answer);
    }

    @Command(description = "Ends a node without a goodbye (SIGKILL).")
    int kill(@Parameters(paramLabel = "NODE", description = "node1, node2 or node3.") String node) {
        return say(ask("kill " + node));
    }

    @Command(description = "Starts a node that is gone; one that runs is drained first.")
    int restart(@Parameters(paramLabel = "NODE", description = "node1, node2 or node3.") String node) {
        return say(ask("restart " + node));
    }

    @Command(description = "Drains the nodes and ends everything.")
    int stop() throws IOException {
        Control.Answer stopped = ask("stop");
        int left = clearAway();
        if (stopped.exitCode() == NOT_RUNNING && left > 0) {
            return say(new Control.Answer(Supervisor.WELL, "ended " + left + " processes that were left over"));
        }
        return say(stopped);
    }

    private Control.Answer ask(String order) {
        try {
            return Control.order(socket(), order);
        } catch (IOException e) {
            return new Control.Answer(NOT_RUNNING, "not running");
        }
    }

    private static int say(Control.Answer answer) {
        (answer.exitCode() == Supervisor.WELL ? System.out : System.err).println(answer.text());
        return answer.exitCode();
    }
}
