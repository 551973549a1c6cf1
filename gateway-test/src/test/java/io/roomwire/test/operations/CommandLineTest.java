package io.roomwire.test.operations;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.Jar.Result;
import io.roomwire.test.cluster.TestCertificate;
import io.roomwire.test.cluster.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    private static final int FAILED = 1;
    private static final int WRONG = 2;

    @TempDir
    private Path folder;

    @Test
    void versionIsOneLine() {
        Result result = run("--version");
        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).matches("roomwire \\d+\\.\\d+\\.\\d+\\S*\\R");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void helpNamesTheCommandsAndTheFlags() {
        Result help = run("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).contains("serve", "config", "health", "--version");
        Result serve = run("serve", "--help");
        assertThat(serve.exitCode()).isZero();
        assertThat(serve.out())
                .contains("--host", "--port", "--ops-port", "--config", "--redis", "--postgres", "--set");
    }

    /** What a container's health check runs. */
    @Test
    void healthSaysByItsExitCodeWhetherClientsCanBeSent() {
        int port;
        try (TestCluster cluster = aCluster().start()) {
            port = cluster.node().ops().getPort();
            Result ready = run("health", "--ops-port", "" + port);
            assertThat(ready.exitCode()).isZero();
            assertThat(ready.out().strip()).isEqualTo("ready");
        }
        Result gone = run("health", "--ops-port", "" + port);
        assertThat(gone.exitCode()).isEqualTo(FAILED);
        assertThat(gone.errLines()).singleElement().asString().contains("http://127.0.0.1:" + port + "/ready");
    }

    @Test
    void configShowsEachValueAndWhereItCameFrom() throws IOException {
        Path file = file("limits.connections = 5000\nheartbeat { interval = 7s }\n");
        Result result = Jar.run(
                Map.of("ROOMWIRE_LIMITS_MESSAGES_PER_SECOND", "77"),
                "config",
                "--config",
                file.toString(),
                "--port",
                "9000");
        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(line(result, "limits.connections "))
                .contains("5000")
                .contains(file.getFileName().toString());
        assertThat(line(result, "heartbeat.interval "))
                .contains("7s")
                .contains(file.getFileName().toString());
        assertThat(line(result, "limits.messages-per-second "))
                .contains("77")
                .contains("ROOMWIRE_LIMITS_MESSAGES_PER_SECOND");
        assertThat(line(result, "port ")).contains("9000").contains("flag");
        assertThat(line(result, "drain.timeout ")).contains("20s").contains("default");
    }

    /** Flags over environment over file over defaults. */
    @Test
    void theNearerSourceWins() throws IOException {
        Path file = file("port = 1111\nops-port = 1111\nlimits.connections = 1111\n");
        Result result = Jar.run(
                Map.of("ROOMWIRE_PORT", "2222", "ROOMWIRE_OPS_PORT", "2222"),
                "config",
                "--config",
                file.toString(),
                "--port",
                "3333");
        assertThat(line(result, "port ")).contains("3333");
        assertThat(line(result, "ops-port ")).contains("2222");
        assertThat(line(result, "limits.connections ")).contains("1111");
    }

    private static String line(Result result, String start) {
        return result.out()
                .lines()
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line of " + start + " in " + result.out()));
    }

    @Test
    void checkPassesAGoodFile() throws IOException {
        Result result = run(
                "config",
                "--check",
                "--config",
                file("limits.connections = 10\n").toString());
        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limits.connections = many | limits.connections",
                "limits.conections = 10 | limits.conections",
                "heartbeat.interval = 5 parsecs | heartbeat.interval",
                "transport = pigeon | transport",
                "port = 70000 | port",
                "port = -1 | port",
                "ops-port = 8080 | ops-port",
                "redis.uri = \"http://127.0.0.1:6379\" | redis.uri",
                "memory-log.ttl = 1s | memory-log.ttl",
                "tls { certificate = \"/\", key = \"/\" } | tls.certificate",
            })
    void checkRefusesABadFileByTheKeysName(String text, String key) throws IOException {
        Path file = file(text + "\n");
        Result result = run("config", "--check", "--config", file.toString());
        assertComplaint(result, key);
        assertThat(result.err()).contains(file.getFileName().toString());
    }

    @Test
    void checkTellsOfAllFaultsAtOnce() throws IOException {
        Result result = run(
                "config",
                "--check",
                "--config",
                file("limits.conections = 10\ntransport = pigeon\n").toString(),
                "--set",
                "port=eighty");
        assertThat(result.exitCode()).isEqualTo(WRONG);
        assertThat(result.errLines())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).startsWith("roomwire: "))
                .anySatisfy(line -> assertThat(line).contains("limits.conections"))
                .anySatisfy(line -> assertThat(line).contains("transport"))
                .anySatisfy(line -> assertThat(line).contains("port: expected"));
    }

    /** They are read at the start, so that a check that leaves them out says yes to what does not start. */
    @Test
    void checkLooksIntoTheCertificateAndAtTheUriOfRedis(@TempDir Path directory) throws IOException {
        Path junk = Files.writeString(directory.resolve("junk.pem"), "junk");
        assertComplaint(
                run("config", "--check", "--set", "tls.certificate=" + junk, "--set", "tls.key=" + junk),
                "tls.certificate: expected");
        assertComplaint(run("config", "--check", "--redis", "redis://one,two"), "redis.uri: expected one host");
    }

    /** As an image starts it; the bytes come from printf, since this test may run in that locale too. */
    @ParameterizedTest
    @CsvSource({"ROOMWIRE_NODE_ID=$e,''", "X=1,--set=node-id=$e"})
    void lettersThatTheLocaleDoesNotHaveAreRefusedAndNotReplaced(String variable, String flag) {
        Result refused = inLocale("C", variable, flag);
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(WRONG);
        assertThat(refused.errLines()).singleElement().asString().contains("LC_ALL=C.UTF-8");

        Result read = inLocale("C.UTF-8", variable, flag);
        assertThat(read.exitCode()).as(read.err()).isZero();
        assertThat(read.out()).contains("\"n\u00e9\"");
    }

    private static Result inLocale(String locale, String variable, String flag) {
        String script = "e=$(printf 'n\\303\\251'); exec env LC_ALL=" + locale + " \"" + variable + "\" \"$@\" config "
                + (flag.isEmpty() ? "" : "\"" + flag + "\"");
        return Jar.runBy(List.of("sh", "-c", script, "sh"));
    }

    @Test
    void checkRefusesAFileThatIsNoneOrNotThere() throws IOException {
        assertComplaint(
                run(
                        "config",
                        "--check",
                        "--config",
                        file("limits { connections = \n").toString()),
                "config");
        assertComplaint(
                run("config", "--check", "--config", folder.resolve("none.conf").toString()), "none.conf");
    }

    @Test
    void aWrongFlagIsOneLineWithItsName() {
        assertComplaint(run("serve", "--port", "eighty"), "port");
        assertComplaint(run("serve", "--set", "limits.members-per-room=lots"), "limits.members-per-room");
        assertComplaint(run("serve", "--set", "no.such.key=1"), "no.such.key");
    }

    @Test
    void aWrongEnvironmentVariableIsOneLineWithItsName() {
        Result result = Jar.run(Map.of("ROOMWIRE_LIMITS_CONNECTIONS", "many"), "serve");
        assertComplaint(result, "limits.connections");
        assertThat(result.err()).contains("many").contains("ROOMWIRE_LIMITS_CONNECTIONS");
    }

    /** One key alone may be right and still not go with another. */
    @Test
    void valuesThatContradictEachOtherAreRefused() {
        assertComplaint(
                run("serve", "--set", "heartbeat.interval=60s", "--set", "heartbeat.timeout=30s"), "heartbeat.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
    void whereOtherMachinesReachItANodeWithoutAuthenticationDoesNotStart(String host) {
        Result result = run("serve", "--host", host);
        assertComplaint(result, "host: ");
        assertThat(result.err())
                .contains("authentication")
                .contains("--insecure")
                .contains(host);
    }

    @Test
    void insecureIsAskedForByNameAndSaidInTheLog() {
        try (TestCluster cluster =
                aCluster().with("host", "0.0.0.0").with("insecure", true).start()) {
            assertThat(cluster.node().http("/").statusCode()).isEqualTo(200);
            assertThat(cluster.node().output()).contains("insecure is set");
        }
    }

    @Test
    void aCertificateThatIsNoneAndAKeyOfAnotherAreRefused(@TempDir Path directory) throws IOException {
        Path certificate = directory.resolve("certificate.pem");
        Path key = directory.resolve("key.pem");
        TestCertificate.make().writeCertificate(certificate).writeKey(key);
        Path junk = Files.writeString(directory.resolve("junk.pem"), "junk");
        Path another = directory.resolve("another.pem");
        TestCertificate.make().writeKey(another);

        assertComplaint(serve(junk, key), "tls.certificate: expected");
        assertComplaint(serve(certificate, junk), "tls.key: expected");
        assertComplaint(serve(certificate, another), "tls.key: expected the key of");
        assertComplaint(run("serve", "--set", "tls.key=" + key), "tls.certificate: expected");
    }

    private static Result serve(Path certificate, Path key) {
        return run(
                "serve",
                "--port",
                "0",
                "--ops-port",
                "0",
                "--set",
                "tls.certificate=" + certificate,
                "--set",
                "tls.key=" + key);
    }

    private static void assertComplaint(Result result, String key) {
        assertThat(result.exitCode()).as(result.err()).isEqualTo(WRONG);
        assertThat(result.errLines()).as(result.err()).hasSize(1);
        assertThat(result.err()).startsWith("roomwire: ").contains(key);
        assertThat(result.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--no-such-flag", "no-such-command"})
    void wrongUsageIsExitCode2(String argument) {
        Result result = run(argument);
        assertThat(result.exitCode()).isEqualTo(WRONG);
        assertThat(result.err()).contains(argument);
    }

    @Test
    void aPortThatIsTakenIsOneLineAndExitCode1() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "" + taken.getLocalPort();
            for (List<String> ports : List.of(List.of(port, "0"), List.of("0", port))) {
                Result result = run("serve", "--port", ports.get(0), "--ops-port", ports.get(1));
                assertThat(result.exitCode()).isEqualTo(FAILED);
                assertThat(result.errLines()).as(result.err()).hasSize(1);
                assertThat(result.err()).startsWith("roomwire: ").contains(port);
            }
        }
    }

    /** TestNode reads the line with a strict pattern; here it is only held against what the node then does. */
    @Test
    void portZeroPicksPortsAndPrintsThem() {
        try (TestCluster cluster = aCluster().nodes(2).start()) {
            assertThat(cluster.node(0).port())
                    .isNotZero()
                    .isNotEqualTo(cluster.node(1).port());
            assertThat(cluster.node(0).id()).isNotEqualTo(cluster.node(1).id());
            assertThat(cluster.node(0).http("/").statusCode()).isEqualTo(200);
            assertThat(cluster.node(0).ops("/ready").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void logsAreJsonByChoice() {
        try (TestCluster cluster = aCluster().with("logging.format", "json").start()) {
            cluster.node().terminate();
            List<String> logged = cluster.node()
                    .output()
                    .lines()
                    .filter(line -> !line.startsWith("roomwire "))
                    .toList();
            assertThat(logged).isNotEmpty().allSatisfy(line -> assertThat(line).matches("\\{.*\\}"));
        }
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("roomwire.conf"), text);
    }

    private static Result run(String... arguments) {
        return Jar.run(Map.of(), arguments);
    }
}
