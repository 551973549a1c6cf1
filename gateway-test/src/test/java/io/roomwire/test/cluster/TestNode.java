package io.roomwire.test.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One node: a process from the jar, on ports of its own choice that it keeps over restarts.
 *
 * <p>For one test thread at a time; only {@link #output} may be called by others.
 */
public final class TestNode implements AutoCloseable {
    /** Those that run or ran in the present test, for {@link NodeOutput} and for the end of this JVM. */
    static final Set<TestNode> OPEN = ConcurrentHashMap.newKeySet();

    private static final Pattern READY =
            Pattern.compile("roomwire (?<version>\\S+) ready: node=(?<id>\\S+) clients=(?<clients>wss?://\\S+:\\d+/ws)"
                    + " demo=(?<demo>https?://\\S+:\\d+/) ops=(?<ops>http://\\S+:\\d+/)");

    /** A second or two on an idle machine; one that also builds has been seen to take half a minute. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

    /**
     * Lines that no test causes on purpose: a buffer that leaked, a thread where it must not be, a bug that was caught.
     * With a colon behind it, it is what PostgreSQL says in front of any of its complaints.
     */
    private static final Pattern TROUBLE =
            Pattern.compile("LEAK:|AssertionError|NullPointerException|\\bERROR\\b(?!:)");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(node -> node.process.destroyForcibly())));
    }

    private final Launch launch;
    private final Queue<String> output = new ConcurrentLinkedQueue<>();
    private volatile Process process;
    private CompletableFuture<Matcher> started = new CompletableFuture<>();
    private @Nullable Matcher ready;

    /**
     * How to start it, again and again.
     *
     * @param runtime the Java runtime
     * @param settings configuration keys and their values
     * @param environment variables beside those of this JVM
     * @param log a file that also gets what it says, or null
     */
    record Launch(
            Path runtime,
            List<String> jvmFlags,
            Map<String, String> settings,
            Map<String, String> environment,
            @Nullable Path log) {}

    /** Starts the process and does not wait for it, so that several can start at once. */
    TestNode(Launch launch) {
        this.launch = launch;
        process = spawn(GivenServers.port(), 0);
        OPEN.add(this);
    }

    private Process spawn(int port, int opsPort) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--port", "" + port, "--ops-port", "" + opsPort));
        launch.settings().forEach((key, value) -> {
            arguments.add("--set");
            arguments.add(key + "=" + value);
        });
        CompletableFuture<Matcher> line = new CompletableFuture<>();
        started = line;
        try {
            ProcessBuilder builder =
                    Jar.builder(launch.runtime(), launch.jvmFlags(), arguments).redirectErrorStream(true);
            builder.environment().putAll(launch.environment());
            Process spawned = builder.start();
            Thread reader = new Thread(() -> keep(spawned, line), "output-of-" + spawned.pid());
            reader.setDaemon(true);
            reader.start();
            return spawned;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void keep(Process spawned, CompletableFuture<Matcher> line) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(spawned.getInputStream(), StandardCharsets.UTF_8))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                said(text);
                Matcher matcher = READY.matcher(text);
                if (matcher.matches()) {
                    line.complete(matcher);
                }
            }
        } catch (IOException e) {
            output.add("(output broke off: " + e.getMessage() + ")");
        }
        spawned.onExit()
                .thenAccept(ended -> line.completeExceptionally(new IllegalStateException(
                        "it ended with exit code " + ended.exitValue() + " before it was ready")));
    }

    private void said(String line) throws IOException {
        output.add(line);
        if (launch.log() != null) {
            Files.writeString(launch.log(), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    TestNode awaitReady() {
        try {
            ready = started.get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            return this;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a node started", e);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("a node did not start: " + e.getMessage() + ". It said:\n" + output(), e);
        }
    }

    private String fromReadyLine(String group) {
        if (ready == null) {
            throw new IllegalStateException("not ready yet");
        }
        return ready.group(group);
    }

    /** Where clients connect, such as {@code ws://127.0.0.1:41234/ws}. */
    public URI clients() {
        return GivenServers.clients(URI.create(fromReadyLine("clients")));
    }

    public URI demo() {
        return URI.create(fromReadyLine("demo"));
    }

    public URI ops() {
        return URI.create(fromReadyLine("ops"));
    }

    public String id() {
        return fromReadyLine("id");
    }

    public String version() {
        return fromReadyLine("version");
    }

    public int port() {
        return URI.create(fromReadyLine("clients")).getPort();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Everything that it has said, over all of its lives. */
    public String output() {
        return String.join("\n", output);
    }

    /** SIGKILL: gone without a goodbye. */
    public void kill() {
        process.toHandle().destroyForcibly();
        awaitExit();
    }

    /** SIGTERM, and does not wait: what happens until the end is for the test to see. */
    public void askToEnd() {
        // Process.destroy would also close the pipe, and with it what the node says on its way out.
        process.toHandle().destroy();
    }

    /** SIGTERM, and gives the exit code. */
    public int terminate() {
        askToEnd();
        return awaitExit();
    }

    /** Waits for an end that was asked for. */
    public int awaitExit() {
        try {
            if (process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            process.destroyForcibly();
            throw new AssertionError("still running " + STOP_TIMEOUT.toSeconds() + " s after it was asked to end");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a node ended", e);
        }
    }

    /** SIGSTOP: alive for the kernel, silent for everybody else. */
    public void pause() {
        signal("-STOP");
    }

    /** SIGCONT: goes on where it was paused. */
    public void resume() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            int code = new ProcessBuilder("kill", signal, "" + pid())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new AssertionError("kill " + signal + " " + pid() + " failed with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while signalling a node", e);
        }
    }

    /** A new process with the same settings on the same ports; the old one must have ended. */
    public TestNode restart() {
        if (process.isAlive()) {
            throw new IllegalStateException("end it first: kill() or terminate()");
        }
        output.add("(restarted)");
        process = spawn(port(), ops().getPort());
        return awaitReady();
    }

    /** GET on the operations port. */
    public HttpResponse<String> ops(String path) {
        return get(ops().resolve(path));
    }

    /** GET on the clients' port. */
    public HttpResponse<String> http(String path) {
        return get(demo().resolve(path));
    }

    /** POST to the server API; without a key if that is empty. */
    public HttpResponse<String> api(String path, String key, String body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(ops().resolve(path)).POST(HttpRequest.BodyPublishers.ofString(body));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        return send(request);
    }

    static HttpResponse<String> get(URI uri) {
        return send(HttpRequest.newBuilder(uri));
    }

    private static HttpResponse<String> send(HttpRequest.Builder builder) {
        HttpRequest request = builder.timeout(Duration.ofSeconds(10)).build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(request.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + request, e);
        }
    }

    public JsonNode health() {
        return json("/health");
    }

    public JsonNode stats() {
        return json("/stats");
    }

    private JsonNode json(String path) {
        HttpResponse<String> answer = ops(path);
        if (answer.statusCode() != 200) {
            throw new AssertionError(path + " answered " + answer.statusCode() + ": " + answer.body());
        }
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(path + " is not JSON: " + answer.body(), e);
        }
    }

    public Scrape metrics() {
        HttpResponse<String> answer = ops("/metrics");
        if (answer.statusCode() != 200) {
            throw new AssertionError("/metrics answered " + answer.statusCode() + ": " + answer.body());
        }
        return Scrape.of(answer.body());
    }

    /**
     * Kills it.
     *
     * @throws AssertionError if it complained of something that no test does on purpose
     */
    @Override
    public void close() {
        OPEN.remove(this);
        kill();
        String said = output();
        if (TROUBLE.matcher(said).find()) {
            throw new AssertionError("a node complained. It said:\n" + said);
        }
    }
}
