package io.roomwire.test.cluster;

import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** When a test fails, shows what its nodes have said: the other half of the story. JUnit finds and calls it by itself. */
public final class NodeOutput implements AfterEachCallback {
    private static final int SHOWN_LINES = 100;

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isEmpty()) {
            return;
        }
        for (TestNode node : TestNode.OPEN) {
            List<String> lines = node.output().lines().toList();
            System.err.printf("--- %s failed; node %d said:%n", context.getDisplayName(), node.pid());
            lines.stream().skip(Math.max(0, lines.size() - SHOWN_LINES)).forEach(System.err::println);
        }
    }
}
