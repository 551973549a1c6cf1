package io.roomwire.hook;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.roomwire.config.Hook;
import io.roomwire.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Calls the back end by HTTP, each kind of event on its own {@link Line}. Any thread may call; no call blocks. */
final class HookClient implements AutoCloseable {
    private static final String HMAC = "HmacSHA256";

    private final URI url;
    private final Secret secret;
    private final ExecutorService threads =
            Executors.newFixedThreadPool(2, new DefaultThreadFactory("roomwire-hook", true));
    private final HttpClient http;
    private final Map<Hook.Event, Line> lines = new EnumMap<>(Hook.Event.class);

    HookClient(Hook config, URI url) {
        this.url = url;
        secret = config.secret();
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .connectTimeout(Duration.ofMillis(config.timeoutMs()))
                .build();
        for (Hook.Event event : config.events()) {
            lines.put(event, new Line(this::send, config.timeoutMs(), threads));
        }
    }

    /** About what it is given a rest, since it did not answer. */
    Set<Hook.Event> paused() {
        Set<Hook.Event> paused = EnumSet.noneOf(Hook.Event.class);
        lines.forEach((event, line) -> {
            if (line.isPaused()) {
                paused.add(event);
            }
        });
        return paused;
    }

    /** As {@link Line#call}; the event is one that it is asked about. */
    CompletableFuture<Verdict> call(Question question) {
        return Objects.requireNonNull(lines.get(question.event())).call(question);
    }

    private CompletableFuture<Verdict> send(byte[] body, long timeoutMs) {
        CompletableFuture<HttpResponse<String>> sent =
                http.sendAsync(request(body, timeoutMs), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        return sent.thenApply(answer -> Verdict.read(answer.statusCode(), answer.body()))
                .orTimeout(timeoutMs, TimeUnit.MILLISECONDS) // the client's own ends with the head of the answer
                .whenComplete((said, error) -> {
                    if (error != null) {
                        sent.cancel(true); // its body may never end
                    }
                });
    }

    private HttpRequest request(byte[] body, long timeoutMs) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(Duration.ofMillis(timeoutMs))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!secret.isEmpty()) {
            String timestamp = String.valueOf(TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis()));
            request.header("Roomwire-Timestamp", timestamp).header("Roomwire-Signature", "v1=" + sign(timestamp, body));
        }
        return request.build();
    }

    /** With the time in it, so that who has seen a request cannot use it for long. */
    private String sign(String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(secret.bytes(), HMAC));
            mac.update((timestamp + ".").getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has " + HMAC, e);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
