package io.roomwire.test.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark runs: a short and small one, whose figures mean nothing but that they are there. */
class BenchTest {
    @TempDir
    private Path folder;

    /** The report of that scenario. */
    private String measured(String scenario) throws IOException {
        Path file = folder.resolve("report.md");
        Path page = folder.resolve("report.html");
        assertThat(Bench.run((scenario + " --report " + file + " " + page).split(" ")))
                .isZero();
        assertThat(page).content().contains("\"command\":\"deploy/roomwire bench " + scenario, "Chart.js v");
        return Files.readString(file);
    }

    @Test
    void aBroadcastAcrossNodesIsMeasuredAndNothingIsLost() throws Exception {
        String report = measured("cross-node --members 20 --rate 50 --seconds 1 --warm-up 1 --runs 1");
        assertThat(report)
                .contains("`deploy/roomwire bench cross-node --members 20 ")
                .containsPattern("\\| p50 ms within the node \\| [0-9.]+ \\|")
                .containsPattern("\\| p99 ms across nodes \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a delivery, receiving node \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a message, Redis \\| [0-9.]+ \\|")
                .containsPattern("\\| across nodes \\| [0-9.]+ \\| [0-9.]+ \\|")
                .contains("| lost | 0 |");
        assertThat(folder.resolve("report.html"))
                .content()
                .containsPattern("\"name\":\"CPU µs a delivery, receiving node\",[^]]*\"runs\":\\[[0-9.]+]")
                .containsPattern("\"across nodes\":\\{\"columns\":\\{\"p50\":[0-9.]+,");
    }

    @Test
    void acksOfADurableRoomAreMeasuredBesidePlainSql() throws Exception {
        String report = measured("durable --rooms 5 --window 50 --rate 100 --seconds 0.5 --runs 1");
        assertThat(report)
                .containsPattern("\\| acked to groups \\| [0-9.]+ \\|")
                .containsPattern("\\| p99 of an ack to a commit's \\| [0-9.]+ \\|");
    }

    @Test
    void aRoomOfOneNodeIsMeasured() throws Exception {
        String report = measured("fan-out --members 20 --rate 50 --seconds 1 --warm-up 1 --runs 1");
        assertThat(report)
                .containsPattern("\\| CPU µs a delivery \\| [0-9.]+ \\|")
                .contains("| lost | 0 |");
    }

    @Test
    void manyRoomsAreMeasured() throws Exception {
        String report = measured("fan-out --members 40 --rooms 20 --rate 100 --seconds 1 --warm-up 1 --runs 1");
        assertThat(report).contains("40 members in 20 rooms").contains("| lost | 0 |");
    }

    @Test
    void smallRoomsAreMeasuredBesideALargeOne() throws Exception {
        String report =
                measured("mixed --members 20 --rooms 10 --rate 50 --big-members 50 --seconds 1 --warm-up 1 --runs 1");
        assertThat(report).containsPattern("\\| p99 ms, beside \\| [0-9.]+ \\|").contains("| lost, beside | 0 |");
    }

    @Test
    void connectionsAreMeasured() throws Exception {
        String report = measured("connections --connections 100 --warm-up 100 --runs 1");
        assertThat(report).containsPattern("\\| bytes of live heap a connection \\| -?[0-9.]+ \\|");
    }

    @Test
    void aNodeIsMeasuredBesideAnotherServer() throws Exception {
        String report = measured(
                "peers --members 50 --rate 200 --seconds 0.5 --warm-up 1 --runs 1 --highest --only naive-netty");
        assertThat(report)
                .containsPattern("\\| ratio of Roomwire's CPU, to naive-netty \\| [0-9.]+ \\|")
                .containsPattern("\\| most deliveries a second, naive-netty \\| [0-9.]+ \\|")
                .contains("| lost, Roomwire | 0 |", "| lost, naive-netty | 0 |");
    }

    @Test
    void aDeliveryIsMeasuredByRoomsAndNodes() throws Exception {
        String report =
                measured("scale --rooms 2,20 --nodes 1,2 --connections 50 --rate 50 --seconds 1 --warm-up 1 --runs 1");
        assertThat(report)
                .containsPattern("\\| CPU µs a delivery, nodes: 2 \\| [0-9.]+ \\| [0-9.]+ \\|")
                .contains("| lost | 0 |");
    }

    @Test
    void aRoomOverNodesIsMeasuredByClientsInProcesses() throws Exception {
        String report = measured("crowd --nodes 2 --connections 40 --clients 2 --warm-up 10 --messages 2 --rate 100");
        assertThat(report)
                .containsPattern("\\| seconds until all had joined \\| [0-9.]+ \\|")
                .containsPattern("\\| bytes a connection, live heap \\| -?[0-9.]+ \\|")
                .containsPattern("\\| bytes a connection, the nodes' processes \\(Pss\\) \\| -?[0-9.]+ \\|")
                .containsPattern("\\| bytes a connection, the kernel's TCP buffers, both ends \\| -?[0-9.]+ \\|")
                .containsPattern("\\| p99 ms \\| [0-9.]+ \\| [0-9.]+, [0-9.]+ \\|")
                .containsPattern("\\| ms until the last member had it \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a delivery, all nodes \\| [0-9.]+ \\|")
                .containsPattern("\\| CPU µs a delivery, Redis \\| [0-9.]+ \\|")
                .contains("| deliveries expected | 40 | 40, 40 |")
                .contains("| lost | 0 | 0, 0 |");
    }

    @Test
    void aCrowdThatDoesNotFitIsRefusedBeforeAnythingStarts() {
        assertThat(Bench.run("crowd", "--connections", "2000000000", "--nodes", "1"))
                .isEqualTo(2);
    }

    @Test
    void optionsThatCannotBeAreRefusedBeforeAnythingStarts() {
        assertThat(List.of(
                        "fan-out --rooms 0",
                        "fan-out --burst 0",
                        "fan-out --members 10 --rooms 3",
                        "mixed --rate 0",
                        "scale --nodes 1,0",
                        "scale --connections 5",
                        "crowd --clients 0",
                        "cross-node --seconds NaN",
                        "peers --only nobody",
                        "peers --program naive-netty=true",
                        "peers --program nameless"))
                .allSatisfy(line -> assertThat(Bench.run(line.split(" "))).isEqualTo(2));
    }
}
