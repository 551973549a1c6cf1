package io.roomwire.hook;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.roomwire.config.Hook;
import io.roomwire.ops.Health;
import io.roomwire.ops.Rarely;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's back end, which may be asked what a user may do; its answers are kept as long as they say. Any thread
 * may call; no call blocks.
 */
public final class BackEnd implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackEnd.class);

    /** Some 20 MB; those that are asked for least go first. */
    private static final int MAX_KEPT = 100_000;

    private static final CompletableFuture<Void> ALLOWED = CompletableFuture.completedFuture(null);

    private final Hook config;
    private final @Nullable HookClient client;
    private final Cache<Question.Key, Verdict> kept = Caffeine.newBuilder()
            .maximumSize(MAX_KEPT)
            .executor(Runnable::run)
            .expireAfter(Expiry.creating((Question.Key key, Verdict said) -> Duration.ofNanos(said.keepNs())))
            .build();
    private final LongAdder denied = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Rarely failureLogged = new Rarely();
    private volatile LongConsumer times = ns -> {};

    public BackEnd(Hook config) {
        this.config = config;
        URI url = config.url();
        client = url == null ? null : new HookClient(config, url);
    }

    /** Who is told how long each answer took, in nanoseconds; before the first question. */
    public void times(LongConsumer listener) {
        times = listener;
    }

    /** Whether it is asked about such things; else {@link #permit} allows them. */
    public boolean asks(Hook.Event event) {
        return config.asks(event);
    }

    /** Whether it answers, as far as this node knows, in the words of {@link Health}. */
    public String state() {
        Set<Hook.Event> silent = client == null ? Set.of() : client.paused();
        return silent.isEmpty()
                ? Health.UP
                : silent.stream()
                        .map(Hook.Event::wireName)
                        .collect(Collectors.joining(", ", Health.DOWN + ": no answer about ", ""));
    }

    /** Questions to which it said no. */
    public long denied() {
        return denied.sum();
    }

    /** Questions to which no answer came that could be used. */
    public long failed() {
        return failed.sum();
    }

    /**
     * Asks.
     *
     * @return done, at once if the answer is known, when it is allowed; fails with {@link RequestException}:
     *     {@code forbidden} if it is not, {@code unavailable} if there is no answer and that means no
     */
    public CompletableFuture<Void> permit(Question question) {
        HookClient asked = client;
        if (asked == null || !asks(question.event())) {
            return ALLOWED;
        }
        Verdict known = kept.getIfPresent(question.key());
        if (known != null) {
            return permission(known);
        }
        long beganNs = System.nanoTime();
        return asked.call(question)
                .thenCompose(said -> {
                    times.accept(System.nanoTime() - beganNs);
                    if (said.keepNs() > 0) {
                        kept.put(question.key(), said);
                    }
                    return permission(said);
                })
                .exceptionallyCompose(this::refusal);
    }

    private CompletableFuture<Void> permission(Verdict said) {
        if (said.allow()) {
            return ALLOWED;
        }
        denied.increment();
        String reason = said.reason().isEmpty() ? "the back end says no" : "the back end says no: " + said.reason();
        return CompletableFuture.failedFuture(new RequestException(ErrorCode.FORBIDDEN, reason));
    }

    private CompletableFuture<Void> refusal(Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        if (cause instanceof RequestException said) {
            return CompletableFuture.failedFuture(said);
        }
        failed.increment();
        HookException why = HookException.of(error);
        // Who can provoke a bad answer, by a message that the back end stumbles over, must not get a yes by it.
        boolean allow = config.onFailure() == Hook.OnFailure.ALLOW && !why.isAnswer();
        if (failureLogged.now()) {
            LOG.warn(
                    "hook.url: {} questions in all had no answer that could be used; the last means {} by"
                            + " hook.on-failure: {}",
                    failed.sum(),
                    allow ? "yes" : "no",
                    why.getMessage());
        }
        return allow
                ? ALLOWED
                : CompletableFuture.failedFuture(new RequestException(
                        ErrorCode.UNAVAILABLE, "the back end cannot be asked now, safe to send again"));
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
