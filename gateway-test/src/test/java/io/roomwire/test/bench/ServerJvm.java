package io.roomwire.test.bench;

import static io.roomwire.test.cluster.TestCluster.aCluster;

import io.roomwire.test.cluster.TestCluster;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option of how the JVM of a node is started that is measured. */
final class ServerJvm {
    private static final int COMPACT_HEADERS_SINCE = 25;

    @Option(
            names = "--jvm",
            paramLabel = "FLAG",
            description = "A flag for the JVM of a node, such as --jvm=-XX:+UseParallelGC; may be given again.")
    private List<String> given = new ArrayList<>();

    /** Nodes that are started so, and let one speak for all. */
    TestCluster.Builder cluster() {
        return aCluster()
                .with("limits.messages-per-second", 0)
                .with("limits.bytes-per-second", 0)
                .jvm(flags());
    }

    /** As the launcher does, with a heap of one size, and without the tests' assertions. */
    String[] flags() {
        List<String> flags = new ArrayList<>(List.of("-da", "-Xmx1g"));
        if (given.stream().noneMatch(flag -> flag.matches("-XX:\\+Use\\w+GC"))) {
            flags.add("-XX:+UseG1GC");
        }
        if (Runtime.version().feature() >= COMPACT_HEADERS_SINCE) {
            flags.add("-XX:+UseCompactObjectHeaders");
        }
        flags.addAll(given);
        return flags.toArray(String[]::new);
    }
}
