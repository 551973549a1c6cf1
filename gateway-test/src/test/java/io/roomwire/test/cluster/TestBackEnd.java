package io.roomwire.test.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** The back end of an application, which nodes ask by HTTP. A test says what it answers; any thread may call. */
public final class TestBackEnd implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALLOW = "{\"allow\":true}";

    private final int port = TestServers.freePort();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private volatile Function<JsonNode, String> answers = question -> ALLOW;
    private HttpServer server;

    /** One question as it came. */
    public record Asked(Headers headers, String body) {
        public JsonNode json() {
            return parse(body);
        }
    }

    public static TestBackEnd start() {
        TestBackEnd backEnd = new TestBackEnd();
        backEnd.listen();
        return backEnd;
    }

    public String url() {
        return "http://127.0.0.1:" + port + "/may";
    }

    /** Begins to listen, again after {@link #die}. */
    public void listen() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/may", this::answer);
        server.start();
    }

    /** Nobody listens any more. */
    public void die() {
        server.stop(0);
    }

    /**
     * What each question is answered from now on, at once or after a while: a JSON object with 200, a status of three
     * digits with nothing, any other text with 500. Where the text is empty it hangs up.
     */
    public void answers(Function<JsonNode, String> answers) {
        this.answers = answers;
    }

    /** As at the start: everything is allowed, and nothing was asked. */
    public void reset() {
        answers = question -> ALLOW;
        asked.clear();
    }

    public List<Asked> asked() {
        return asked;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(new Asked(exchange.getRequestHeaders(), body));
        String answer = answers.apply(parse(body));
        if (answer.isEmpty()) {
            exchange.close();
            return;
        }
        byte[] said = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status(answer), said.length);
        exchange.getResponseBody().write(said);
        exchange.close();
    }

    private static int status(String answer) {
        if (answer.matches("[0-9]{3}")) {
            return Integer.parseInt(answer);
        }
        return answer.startsWith("{") ? 200 : 500;
    }

    private static JsonNode parse(String body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
