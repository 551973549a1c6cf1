package io.roomwire.test.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A real HAProxy in front of the nodes, with the configuration of {@code deploy/haproxy.cfg}: only addresses are the
 * test's own.
 */
public final class TestBalancer implements AutoCloseable {
    /**
     * Where it comes from, for {@code proxy-protocol.trusted}: another loopback address than that of clients, who need not
     * send a header when they connect to a node themselves.
     */
    public static final String ADDRESS = "127.0.0.2";

    private static final Path CONFIGURATION = Path.of("../deploy/haproxy.cfg");

    private final int port;
    private final Process process;

    private TestBalancer(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** Whether there is an HAProxy; says what to install if not. */
    public static boolean isInstalled() {
        boolean installed = Program.find("haproxy").isPresent();
        if (!installed) {
            System.out.println(
                    "skipped: no HAProxy here, install the package haproxy to run the tests of the balancer");
        }
        return installed;
    }

    public static TestBalancer before(List<TestNode> nodes) {
        return before(nodes, 0);
    }

    /** @param wanted where clients connect; 0 picks a free port */
    public static TestBalancer before(List<TestNode> nodes, int wanted) {
        // a test has less patience than an operator
        return before(nodes, wanted, text -> text.replace("inter 2s", "inter 200ms"));
    }

    /** With the times that are shipped. */
    public static TestBalancer asShipped(List<TestNode> nodes) {
        return before(nodes, 0, text -> text);
    }

    private static TestBalancer before(List<TestNode> nodes, int wanted, UnaryOperator<String> change) {
        Path binary = Program.find("haproxy").orElseThrow();
        try {
            int port = wanted == 0 ? TestServers.freePort() : wanted;
            Path file = Files.createTempFile("haproxy", ".cfg");
            Files.writeString(file, change.apply(configuration(port, nodes)));
            Process process = new ProcessBuilder(binary.toString(), "-f", file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new TestBalancer(port, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String configuration(int port, List<TestNode> nodes) throws IOException {
        StringBuilder servers = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            TestNode node = nodes.get(i);
            servers.append("    server node%d 127.0.0.1:%d port %d source %s\n"
                    .formatted(i + 1, node.clients().getPort(), node.ops().getPort(), ADDRESS));
        }
        return Files.readString(CONFIGURATION)
                        .replaceAll("(?m)^ +server node\\d .*\n?", "")
                        .replace("maxconn 100000", "maxconn 2000") // what a test machine's limit of files allows
                        .replace("bind :8080", "bind 127.0.0.1:" + port)
                        .replace(" resolvers docker init-addr last,libc,none", "")
                + servers;
    }

    /** Where clients connect. */
    public URI clients() {
        return URI.create("ws://127.0.0.1:" + port + "/ws");
    }

    public URI demo() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    /** Whether it lets clients through to a node. */
    public boolean answers() {
        try {
            return TestNode.get(demo()).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
