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

    @Test
    void acksOfADurableRoomAreMeasuredBesidePlainSql() throws Exception {
        Path file = folder.resolve("durable.md");
        assertThat(Bench.run(
                        "durable",
                        "--rooms",
                        "5",
                        "--window",
                        "50",
                        "--rate",
                        "100",
                        "--seconds",
                        "0.5",
                        "--runs",
                        "1",
                        "--report",
                        file.toString()))
                .isZero();
        assertThat(Files.readString(file))
                .containsPattern("\\| acked to groups \\| [0-9.]+ \\|")
                .containsPattern("\\| p99 of an ack to a commit's \\| [0-9.]+ \\|");
    }

    @Test
    void aRoomOfOneNodeIsMeasured() throws Exception {
        Path file = folder.resolve("fan-out.md");
        assertThat(Bench.run(
                        "fan-out",
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
                        file.toString()))
                .isZero();
        assertThat(Files.readString(file))
                .containsPattern("\\| CPU µs a delivery \\| [0-9.]+ \\|")
                .contains("| lost | 0 |");
    }

    @Test
    void manyRoomsAreMeasured() throws Exception {
        Path file = folder.resolve("rooms.md");
        assertThat(Bench.run(
                        "fan-out",
                        "--members",
                        "40",
                        "--rooms",
                        "20",
                        "--rate",
                        "100",
                        "--seconds",
                        "1",
                        "--warm-up",
                        "1",
                        "--runs",
                        "1",
                        "--report",
                        file.toString()))
                .isZero();
        assertThat(Files.readString(file)).contains("40 members in 20 rooms").contains("| lost | 0 |");
    }

    @Test
    void smallRoomsAreMeasuredBesideALargeOne() throws Exception {
        Path file = folder.resolve("mixed.md");
        assertThat(Bench.run(
                        "mixed",
                        "--members",
                        "20",
                        "--rooms",
                        "10",
                        "--rate",
                        "50",
                        "--big-members",
                        "50",
                        "--seconds",
                        "1",
                        "--warm-up",
                        "1",
                        "--runs",
                        "1",
                        "--report",
                        file.toString()))
                .isZero();
        assertThat(Files.readString(file))
                .containsPattern("\\| p99 ms, beside \\| [0-9.]+ \\|")
                .contains("| lost, beside | 0 |");
    }

    @Test
    void connectionsAreMeasured() throws Exception {
        Path file = folder.resolve("connections.md");
        assertThat(Bench.run(
                        "connections",
                        "--connections",
                        "100",
                        "--warm-up",
                        "100",
                        "--runs",
                        "1",
                        "--report",
                        file.toString()))
                .isZero();
        assertThat(Files.readString(file)).containsPattern("\\| bytes of live heap a connection \\| -?[0-9.]+ \\|");
    }
}
