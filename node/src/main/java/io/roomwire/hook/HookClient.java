package io.roomwire.hook;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
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
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Calls the back end by HTTP: with a timeout, tried again within a budget, and not at all for a while when it does not
 * answer. Any thread may call; no call blocks.
 */
final class HookClient implements AutoCloseable {
    private static final String HMAC = "HmacSHA256";

    /** Each needs a connection of its own, as HTTP/1.1 has it. */
    private static final int CALLS_AT_A_TIME = 64;

    /** Who comes later would not be answered within the timeout anyway. */
    private static final int MAX_WAITING = 10_000;

    private static final int WINDOW_CALLS = 20;
    private static final int MIN_CALLS = 10;
    private static final int PROBES = 3;

    /** A part of the 5 s in which a healed fault has to be forgotten. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final URI url;
    private final Secret secret;
    private final long timeoutMs;
    private final ExecutorService threads =
            Executors.newFixedThreadPool(2, new DefaultThreadFactory("roomwire-hook", true));
    private final HttpClient http;
    private final Lanes lanes = new Lanes(CALLS_AT_A_TIME, MAX_WAITING, threads);
    private final RetryBudget retries = new RetryBudget();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "hook",
            CircuitBreakerConfig.custom()
                    .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                    .slidingWindowSize(WINDOW_CALLS)
                    .minimumNumberOfCalls(MIN_CALLS)
                    .failureRateThreshold(50)
                    .waitDurationInOpenState(PAUSE)
                    .automaticTransitionFromOpenToHalfOpenEnabled(true) // nobody may call for long, and health is asked
                    .permittedNumberOfCallsInHalfOpenState(PROBES)
                    .build());

    HookClient(Hook config, URI url) {
        this.url = url;
        secret = config.secret();
        timeoutMs = config.timeoutMs();
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .connectTimeout(Duration.ofMillis(timeoutMs))
                .build();
    }

    /** Whether it is given a rest, since it did not answer. */
    boolean isPaused() {
        return breaker.getState() == CircuitBreaker.State.OPEN;
    }

    /** Fails with {@link HookException} if there is no answer within the timeout. */
    CompletableFuture<Verdict> call(Question question) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        boolean taken = lanes.enter(() -> attempt(question.json(), endNs).whenComplete((said, error) -> {
            lanes.leave();
            if (error == null) {
                verdict.complete(said);
            } else {
                verdict.completeExceptionally(failure(error));
            }
        }));
        if (!taken) {
            verdict.completeExceptionally(new HookException("more than " + MAX_WAITING + " questions wait"));
        }
        return verdict;
    }

    private HookException failure(Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return cause instanceof HookException known ? known : new HookException(cause.toString());
    }

    private CompletableFuture<Verdict> attempt(byte[] body, long endNs) {
        retries.called();
        return send(body, endNs)
                .exceptionallyCompose(error -> System.nanoTime() < endNs && !isPaused() && retries.take()
                        ? send(body, endNs)
                        : CompletableFuture.failedFuture(error));
    }

    private CompletableFuture<Verdict> send(byte[] body, long endNs) {
        long beganNs = System.nanoTime();
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - beganNs);
        if (leftMs <= 0) {
            return CompletableFuture.failedFuture(new HookException("no answer within hook.timeout"));
        }
        if (!breaker.tryAcquirePermission()) {
            return CompletableFuture.failedFuture(
                    new HookException("it did not answer, and is asked again in " + PAUSE.toSeconds() + " s"));
        }
        CompletableFuture<HttpResponse<String>> sent =
                http.sendAsync(request(body, leftMs), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        return sent.thenApply(answer -> Verdict.read(answer.statusCode(), answer.body()))
                .orTimeout(leftMs, TimeUnit.MILLISECONDS) // the client's own ends with the head of the answer
                .whenComplete((said, error) -> {
                    long tookNs = System.nanoTime() - beganNs;
                    if (error == null) {
                        breaker.onSuccess(tookNs, TimeUnit.NANOSECONDS);
                    } else {
                        sent.cancel(true); // its body may never end
                        breaker.onError(tookNs, TimeUnit.NANOSECONDS, error);
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
