package io.roomwire.test.dev;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.roomwire.test.cluster.Program;
import io.roomwire.test.cluster.TestBalancer;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The process behind {@code deploy/dev-cluster}: starts the servers by the same classes as the tests, and does what the
 * shells say until one says stop. For one thread; {@link #close} may come from the JVM's end as well.
 */
final class Supervisor implements AutoCloseable {
    static final int WELL = 0;
    static final int NOT_WELL = 1;
    private static final int NODES = 3;
    private static final Duration OK_WITHIN = Duration.ofSeconds(20);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ProcessList processes;
    private final TestRedis redis;
    private final TestPostgres postgres;
    private final TestCluster cluster;
    private final @Nullable TestBalancer balancer;
    private final AtomicBoolean closed = new AtomicBoolean();
    private boolean stopped;

    /**
     * Starts everything and waits until it is ready.
     *
     * @param folder where the nodes' logs go
     * @param port of the balancer; 0 picks a free one
     */
    Supervisor(Path folder, int port) throws IOException {
        processes = new ProcessList(folder.resolve(DevCluster.PROCESSES));
        redis = TestRedis.start();
        postgres = TestPostgres.start();
        processes.write();
        cluster = aCluster()
                .nodes(NODES)
                .named(folder)
                .with("redis.uri", redis.uri())
                .with("postgres.uri", postgres.uri())
                .with("proxy-protocol.trusted", TestBalancer.ADDRESS + "/32")
                .with("redis.timeout", "10s") // a machine that also builds may be late at everything
                .start();
        balancer = Program.find("haproxy").isPresent() ? TestBalancer.before(cluster.nodes(), port) : null;
        processes.write();
        cluster.nodes().forEach(Supervisor::awaitOk);
        if (balancer != null) {
            await("HAProxy lets clients through")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> balancer.answers() || !balancer.isAlive());
            if (!balancer.isAlive()) {
                throw new IOException("HAProxy did not start: is port " + port + " taken? --port 0 picks a free one");
            }
        }
    }

    /** A node that is ready may still be making its tables. What is not well in time is shown as it is. */
    private static void awaitOk(TestNode node) {
        try {
            await().atMost(OK_WITHIN).until(() -> isOk(line(node)) || !node.isAlive());
        } catch (ConditionTimeoutException e) {
            System.err.println(line(node));
        }
    }

    private static boolean isOk(String line) {
        return line.contains(" ok ");
    }

    /** Does what it is told until it is told to stop, or its folder is taken away, so that nobody could tell it. */
    void serve(Path socket) throws IOException {
        Thread watch = new Thread(() -> endWhenGone(socket), "socket-watch");
        watch.setDaemon(true);
        try (Control control = Control.listen(socket)) {
            watch.start();
            while (!stopped) {
                control.serveOne(this::obey);
            }
        }
    }

    private static void endWhenGone(Path socket) {
        await().forever().pollInterval(Duration.ofSeconds(1)).until(() -> !Files.exists(socket));
        System.exit(NOT_WELL);
    }

    private Control.Answer obey(String order) {
        String[] words = order.split(" ", 2);
        try {
            return switch (words[0]) {
                case "status" -> status();
                case "kill" -> kill(named(words[1]));
                case "restart" -> restart(named(words[1]));
                case "stop" -> stop();
                default -> throw new IllegalArgumentException("no such order: " + order);
            };
        } catch (IllegalArgumentException | IllegalStateException | AssertionError | IOException e) {
            return new Control.Answer(NOT_WELL, String.valueOf(e.getMessage()));
        }
    }

    private TestNode named(String name) {
        return cluster.nodes().stream()
                .filter(node -> node.id().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + name + ": there are "
                        + String.join(
                                ", ", cluster.nodes().stream().map(TestNode::id).toList())));
    }

    private Control.Answer kill(TestNode node) throws IOException {
        if (!node.isAlive()) {
            throw new IllegalStateException(node.id() + " is not running");
        }
        node.kill();
        processes.write();
        return new Control.Answer(WELL, node.id() + " killed");
    }

    private Control.Answer restart(TestNode node) throws IOException {
        if (node.isAlive()) {
            node.terminate();
        }
        node.restart();
        processes.write();
        awaitOk(node);
        return new Control.Answer(WELL, line(node));
    }

    private Control.Answer stop() {
        stopped = true;
        List<TestNode> alive =
                cluster.nodes().stream().filter(TestNode::isAlive).toList();
        alive.forEach(TestNode::askToEnd);
        alive.forEach(TestNode::awaitExit);
        close();
        return new Control.Answer(WELL, "stopped");
    }

    private Control.Answer status() {
        StringBuilder text = new StringBuilder();
        boolean well = true;
        for (TestNode node : cluster.nodes()) {
            String line = line(node);
            well &= isOk(line);
            text.append(line).append('\n');
        }
        text.append("redis     ").append(redis.uri()).append('\n');
        text.append("postgres  ").append(postgres.uri()).append('\n');
        if (balancer == null) {
            text.append("balancer  none: no haproxy here, connect to the nodes");
        } else {
            boolean answers = balancer.answers();
            well &= answers;
            text.append("balancer  %-9s %s demo=%s"
                    .formatted(answers ? "ok" : "gone", balancer.clients(), balancer.demo()));
        }
        return new Control.Answer(well ? WELL : NOT_WELL, text.toString());
    }

    private static String line(TestNode node) {
        if (!node.isAlive()) {
            return "%-9s gone".formatted(node.id());
        }
        String state = "silent";
        String more = "";
        try {
            JsonNode health = JSON.readTree(node.ops("/health").body());
            state = health.path("status").asText();
            more = " connections=%d redis=%s postgres=%s"
                    .formatted(
                            health.path("active_connections").asInt(),
                            health.path("redis").asText(),
                            health.path("postgres").asText());
        } catch (UncheckedIOException | JsonProcessingException e) {
            // It is silent, and that is said.
        }
        return "%-9s %-9s %s ops=%s pid=%d%s".formatted(node.id(), state, node.clients(), node.ops(), node.pid(), more);
    }

    /** Ends all that still runs. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        if (balancer != null) {
            balancer.close();
        }
        try {
            cluster.close();
        } catch (AssertionError e) {
            System.err.println(e.getMessage()); // what a node complained of, for whoever reads the log
        }
        postgres.close();
        redis.close();
    }
}
