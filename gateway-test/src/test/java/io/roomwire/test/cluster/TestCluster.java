package io.roomwire.test.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a test and what they stand on. For one test thread at a time.
 *
 * <pre>{@code
 * @AutoClose
 * private static final TestCluster CLUSTER = aCluster().with("heartbeat.interval", "200ms").start();
 * }</pre>
 *
 * <p>{@code @AutoClose} ends the nodes after the clients were looked at by {@code NothingUnread}; a
 * {@code try}-with-resources inside a test would end them before, and every client would have lost its connection.
 */
public final class TestCluster implements AutoCloseable {
    private final List<TestNode> nodes;

    private TestCluster(List<TestNode> nodes) {
        this.nodes = nodes;
    }

    public static Builder aCluster() {
        return new Builder();
    }

    /** The node, where there is one. */
    public TestNode node() {
        if (nodes.size() != 1) {
            throw new IllegalStateException("there are " + nodes.size() + " nodes, say which");
        }
        return nodes.get(0);
    }

    public TestNode node(int index) {
        return nodes.get(index);
    }

    public List<TestNode> nodes() {
        return nodes;
    }

    @Override
    public void close() {
        AssertionError first = null;
        for (TestNode node : nodes) {
            try {
                node.close();
            } catch (AssertionError e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** What a cluster shall be. Each setting goes to every node. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> jvmFlags = new ArrayList<>(List.of("-Xmx512m", "-XX:+ExitOnOutOfMemoryError"));
        private Path runtime = Jar.RUNTIME;
        private @Nullable Path logs;
        private int count = 1;

        private Builder() {
            // Tests ask for the end, and have no balancer that must see a slope.
            with("drain.spread", "0s");
        }

        public Builder nodes(int count) {
            this.count = count;
            return this;
        }

        /** A configuration key, such as {@code limits.connections}. */
        public Builder with(String key, Object value) {
            settings.put(key, value.toString());
            return this;
        }

        /** An environment variable, for what no flag may set. */
        public Builder environment(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        public Builder jvm(String... flags) {
            jvmFlags.addAll(List.of(flags));
            return this;
        }

        /** Another Java runtime than that of the tests. */
        public Builder runtime(Path home) {
            runtime = home;
            return this;
        }

        /** Calls the nodes node1, node2 and so on, and lets each write what it says to a file of that name in the folder. */
        public Builder named(Path folder) {
            logs = folder;
            return this;
        }

        /** Starts all nodes at once and waits until each is ready. */
        public TestCluster start() {
            List<TestNode> nodes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                nodes.add(new TestNode(launch(i + 1)));
            }
            TestCluster cluster = new TestCluster(List.copyOf(nodes));
            try {
                nodes.forEach(TestNode::awaitReady);
                return cluster;
            } catch (AssertionError e) { // nobody else would end those that did start
                cluster.close();
                throw e;
            }
        }

        private TestNode.Launch launch(int number) {
            Map<String, String> all = new LinkedHashMap<>(GivenServers.settings(settings.keySet()));
            all.putAll(settings);
            Path log = null;
            if (logs != null) {
                String name = "node" + number;
                all.put("node-id", name);
                log = logs.resolve(name + ".log");
            }
            return new TestNode.Launch(runtime, List.copyOf(jvmFlags), all, Map.copyOf(environment), log);
        }
    }
}
