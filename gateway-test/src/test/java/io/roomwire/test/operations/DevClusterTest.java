package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.Program;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code deploy/dev-cluster} as a newcomer uses it, from one shell after the other. */
class DevClusterTest {
    private static final int NOT_RUNNING = 3;
    private static final Path FOLDER = Path.of("target/dev-cluster-test");
    private static final Pattern CLIENTS = Pattern.compile("(?m)^(node\\d|balancer) .*(ws://\\S+)");

    /** A connection's id begins with its node's. */
    private static final Pattern NODE = Pattern.compile("node\\d");

    private record Result(int exitCode, String said) {}

    @AfterEach
    void nothingIsLeft() throws Exception {
        run("stop");
    }

    @Test
    void itIsStartedLosesANodeGetsItBackAndLeavesNothingRunning() throws Exception {
        Result started = run("start", "--port", "0");
        assertThat(started.exitCode()).as(started.said()).isZero();
        assertThat(started.said()).contains("node1     ok", "node2     ok", "node3     ok", "redis=up postgres=up");
        List<Long> pids = pids();
        assertThat(pids).hasSizeGreaterThan(5);

        Map<String, TestClient> members = membersOnEachNode(started.said());
        members.get("node1").broadcast("lobby", "all here?");
        members.values().forEach(member -> member.next("broadcast"));

        assertThat(run("kill", "node2")).isEqualTo(new Result(0, "node2 killed\n"));
        members.remove("node2").expectClose();
        members.get("node3").broadcast("lobby", "still here?");
        members.values()
                .forEach(member ->
                        assertThat(member.next("broadcast").content().asText()).isEqualTo("still here?"));
        Result without = run("status");
        assertThat(without.exitCode()).isEqualTo(1);
        assertThat(without.said()).contains("node1     ok", "node2     gone", "node3     ok");

        assertThat(run("restart", "node2").said()).startsWith("node2     ok");
        assertThat(run("status").exitCode()).isZero();
        TestClient back = TestClient.to(addresses(started.said()).get("node2")).connect();
        assertThat(back.join("lobby", "back").seq()).isEqualTo(2);

        List<TestClient> open = new ArrayList<>(members.values());
        open.add(back);
        open.forEach(TestClient::ignoreRest);
        assertThat(run("stop")).isEqualTo(new Result(0, "stopped\n"));
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
        assertThat(run("status")).isEqualTo(new Result(NOT_RUNNING, "not running\n"));
    }

    @Test
    void whatASupervisorLeftThatWasKilledIsEndedByStop() throws Exception {
        assertThat(run("start", "--port", "0").exitCode()).isZero();
        List<Long> pids = pids();
        ProcessHandle supervisor = ProcessHandle.of(pids.get(0)).orElseThrow();
        supervisor.destroyForcibly();
        supervisor.onExit().join();
        Result stopped = run("stop");
        assertThat(stopped.exitCode()).isZero();
        assertThat(stopped.said()).contains("left over");
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
    }

    @Test
    void whatIsNotRunningIsSaidByTheExitCode() throws Exception {
        assertThat(run("status").exitCode()).isEqualTo(NOT_RUNNING);
        assertThat(run("kill", "node1").exitCode()).isEqualTo(NOT_RUNNING);
        assertThat(run("stop").exitCode()).isEqualTo(NOT_RUNNING);
        assertThat(run("explode").exitCode()).isEqualTo(2);
    }

    /** Through HAProxy where there is one: it gives the next connection to the node that has the fewest. */
    private static Map<String, TestClient> membersOnEachNode(String status) {
        Map<String, URI> addresses = addresses(status);
        boolean balanced = Program.find("haproxy").isPresent();
        assertThat(addresses).containsKeys("node1", "node2", "node3");
        assertThat(addresses.containsKey("balancer")).isEqualTo(balanced);
        Map<String, TestClient> members = new TreeMap<>();
        for (int i = 0; i < 9 && members.size() < 3; i++) {
            URI address = addresses.get(balanced ? "balancer" : "node" + (i + 1));
            TestClient client = TestClient.to(address).connect();
            Frame joined = client.join("lobby", "user-" + i);
            Matcher node = NODE.matcher(joined.get("connection_id"));
            assertThat(node.lookingAt()).isTrue();
            TestClient other = members.put(node.group(), client);
            if (other != null) {
                other.close();
            }
        }
        assertThat(members).hasSize(3);
        return members;
    }

    private static Map<String, URI> addresses(String status) {
        Map<String, URI> addresses = new TreeMap<>();
        CLIENTS.matcher(status).results().forEach(line -> addresses.put(line.group(1), URI.create(line.group(2))));
        return addresses;
    }

    /** Of all processes of the cluster; the first is the one that looks after the others. */
    private static List<Long> pids() throws IOException {
        return Files.readAllLines(FOLDER.resolve("processes")).stream()
                .map(line -> Long.valueOf(line.split(" ", 2)[0]))
                .toList();
    }

    private static Result run(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("../deploy/dev-cluster", "--folder", FOLDER.toString()));
        command.addAll(Arrays.asList(words));
        Path said = Files.createTempFile("dev-cluster", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        int exitCode = process.waitFor();
        return new Result(exitCode, Files.readString(said, StandardCharsets.UTF_8));
    }
}
