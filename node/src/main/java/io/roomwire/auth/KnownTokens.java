package io.roomwire.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that were found good a moment ago, by their SHA-256: whoever comes with one again needs no check of its signature.
 * Times and revocations are looked at each time. Any thread may call.
 */
final class KnownTokens {
    /** So much longer a key counts that was withdrawn. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    /** Of the tokens themselves; what is kept of one takes some eight times as much at most. */
    private static final long MOST_CHARS = 4 << 20;

    private final LongSupplier nowMs;
    private final Cache<ByteBuffer, Known> known;

    private record Known(Grant grant, int chars) {}

    /** @param nowMs the time, Unix milliseconds */
    KnownTokens(LongSupplier nowMs) {
        this.nowMs = nowMs;
        known = Caffeine.newBuilder()
                .maximumWeight(MOST_CHARS)
                .weigher((ByteBuffer key, Known value) -> value.chars())
                .expireAfterWrite(KEPT)
                .executor(Runnable::run)
                .build();
    }

    /** What the token grants; null if it has to be checked. */
    @Nullable
    Grant find(String token) {
        Known found = known.getIfPresent(digest(token));
        return found == null || found.grant().endsAtMs() <= nowMs.getAsLong() ? null : found.grant();
    }

    void add(String token, Grant grant) {
        known.put(digest(token), new Known(grant, token.length()));
    }

    private static ByteBuffer digest(String token) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
