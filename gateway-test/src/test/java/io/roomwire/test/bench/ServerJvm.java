package io.roomwire.test.bench;

import java.util.ArrayList;
import java.util.List;

/** How the JVM of a node is started that is measured. */
final class ServerJvm {
    private static final int COMPACT_HEADERS_SINCE = 25;

    private ServerJvm() {}

    /** As the launcher does, with a heap of one size, and without the tests' assertions. */
    static String[] flags() {
        List<String> flags = new ArrayList<>(List.of("-da", "-XX:+UseG1GC", "-Xmx1g"));
        if (Runtime.version().feature() >= COMPACT_HEADERS_SINCE) {
            flags.add("-XX:+UseCompactObjectHeaders");
        }
        return flags.toArray(String[]::new);
    }
}
