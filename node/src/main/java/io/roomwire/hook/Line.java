package io.roomwire.hook;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The calls about one kind of event: so many at a time, tried again within a budget, and not made at all for a while when
 * no answer comes. Each kind has its own, so that who has bad answers to his messages opens nobody's joins.
 *
 * <p>Any thread may call; no call blocks.
 */
final class Line {
    /** Each needs a connection of its own, as HTTP/1.1 has it. */
    private static final int CALLS_AT_A_TIME = 64;

    /** Who comes later would not be answered within the timeout anyway. */
    private static final int MAX_WAITING = 10_000;

    private static final int WINDOW_CALLS = 20;
    private static final int MIN_CALLS = 10;
    private static final int PROBES = 3;

    /** A part of the 5 s in which a healed fault has to be forgotten. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Sender sender;
    private final long timeoutMs;
    private final Bulkhead bulkhead;
    private final RetryBudget retries = new RetryBudget();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "hook",
            CircuitBreakerConfig.custom()
                    .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                    .slidingWindowSize(WINDOW_CALLS)
                    .minimumNumberOfCalls(MIN_CALLS)
                    .failureRateThreshold(50)
                    .waitDurationInOpenState(PAUSE)
                    .automaticTransitionFromOpenToHalfOpenEnabled(
                            true) // no call may come for long, and /health must not show it open
                    .permittedNumberOfCallsInHalfOpenState(PROBES)
                    // Any answer is a sign of life. One that cannot be used is about its question, and whoever can
                    // provoke it must not decide about the questions of others.
                    .recordException(error -> !HookException.of(error).isAnswer())
                    .build());

    /** Makes one call. */
    interface Sender {
        /** Fails if no answer came within that time, or none that can be used. */
        CompletableFuture<Verdict> send(byte[] body, long timeoutMs);
    }

    /** @param executor as of {@link Bulkhead} */
    Line(Sender sender, long timeoutMs, Executor executor) {
        this.sender = sender;
        this.timeoutMs = timeoutMs;
        bulkhead = new Bulkhead(CALLS_AT_A_TIME, MAX_WAITING, executor);
    }

    /** Whether the back end is given a rest, since it did not answer. */
    boolean isPaused() {
        return breaker.getState() == CircuitBreaker.State.OPEN;
    }

    /** Fails with {@link HookException} if there is no answer within the timeout, or none that can be used. */
    CompletableFuture<Verdict> call(Question question) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        boolean taken = bulkhead.enter(() -> attempt(question.json(), endNs).whenComplete((said, error) -> {
            bulkhead.leave();
            if (error == null) {
                verdict.complete(said);
            } else {
                verdict.completeExceptionally(HookException.of(error));
            }
        }));
        if (!taken) {
            verdict.completeExceptionally(HookException.silence("more than " + MAX_WAITING + " questions wait"));
        }
        return verdict;
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
            return CompletableFuture.failedFuture(HookException.silence("no answer within hook.timeout"));
        }
        if (!breaker.tryAcquirePermission()) {
            return CompletableFuture.failedFuture(
                    HookException.silence("it did not answer, and is asked again in " + PAUSE.toSeconds() + " s"));
        }
        return sender.send(body, leftMs).whenComplete((said, error) -> {
            long tookNs = System.nanoTime() - beganNs;
            if (error == null) {
                breaker.onSuccess(tookNs, TimeUnit.NANOSECONDS);
            } else {
                breaker.onError(tookNs, TimeUnit.NANOSECONDS, error);
            }
        });
    }
}
