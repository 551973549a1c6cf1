package io.roomwire.test.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark runs: a short and small one, whose figures mean nothing but that they are there. */
class BenchTest {
    @TempDir
    private Path folder;

    @Test
    void aBroadcastAcrossNodesIsMeasuredAndNothingIsLost() throws Exception {
        Path file = folder.resolve("report.md");
        int code = Bench.run(
                "cross-node",
                "--members",
                "20",
                "--rate",
                "50",
                "--seconds",
                "1",
                "--warm-up",
                "1",
                "--runs",
                "1",
                "--report",
                file.toString());
        assertThat(code).isZero();
        assertThat(Files.readString(file))
                .contains("`deploy/roomwire bench cross-node --members 20 ")
                .containsPattern("\\| p50 ms within the node \\| [0-9.]+ \\|")
                .containsPattern("\\| p99 ms across nodes \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a delivery, receiving node \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a message, Redis \\| [0-9.]+ \\|")
                .contains("| lost | 0 |");
    }
}
