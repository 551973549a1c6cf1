package io.roomwire.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.roomwire.config.Config.Limits;
import io.roomwire.connection.BytePace;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.time.Duration;
import java.util.Comparator;
import java.util.function.LongSupplier;

/**
 * What users may have stored where it lies for long, and how fast one may write to another. It holds over all connections
 * of a user on this node, and over their ends. Any thread may call.
 */
final class Quotas {
    /** Some 20 MB. Beyond it those who write least are forgotten, and may write as if for the first time. */
    private static final int MAX_KEPT = 100_000;

    private static final Duration DAY = Duration.ofDays(1);

    /** In which a bucket of two seconds is full again. */
    private static final Duration DIRECTS_KEPT = Duration.ofSeconds(3);

    private final Limits limits;
    private final LongSupplier nowNs;
    private final Cache<UserId, BytePace> stored;
    private final Cache<Way, TokenBucket> directs;

    /** @param nowNs the time, as {@link System#nanoTime} */
    Quotas(Limits limits, LongSupplier nowNs) {
        this.limits = limits;
        this.nowNs = nowNs;
        stored = cache(DAY, nowNs);
        directs = cache(DIRECTS_KEPT, nowNs);
    }

    private static <K, V> Cache<K, V> cache(Duration kept, LongSupplier nowNs) {
        return Caffeine.newBuilder()
                .maximumSize(MAX_KEPT)
                .expireAfterAccess(kept)
                .ticker(nowNs::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Counts a content that is about to be stored in Redis or PostgreSQL.
     *
     * @throws RequestException {@code rate_limited}: the user has stored too much within a day
     */
    void store(UserId sender, int bytes) {
        long limit = limits.bytesStoredPerUser();
        if (limit == 0) {
            return;
        }
        long now = nowNs.getAsLong();
        BytePace pace = stored.get(sender, key -> new BytePace(limit, DAY.toNanos(), now));
        long waitMs;
        synchronized (pace) {
            waitMs = pace.waitMs(now);
            if (waitMs == 0) {
                pace.spend(bytes, now);
            }
        }
        if (waitMs > 0) {
            throw RequestException.rateLimited(
                    "you have stored as much within a day as limits.bytes-stored-per-user allows, " + limit + " bytes",
                    waitMs);
        }
    }

    /**
     * Counts a direct message.
     *
     * @throws RequestException {@code rate_limited}: too many to that recipient
     */
    void direct(UserId sender, UserId recipient) {
        int limit = limits.directsPerRecipient();
        if (limit == 0) {
            return;
        }
        long now = nowNs.getAsLong();
        int burst = (int) Math.min(Integer.MAX_VALUE, 2L * limit);
        TokenBucket rate = directs.get(new Way(sender, recipient), key -> new TokenBucket(limit, burst, now));
        long waitMs;
        synchronized (rate) {
            waitMs = rate.take(now);
        }
        if (waitMs > 0) {
            throw RequestException.rateLimited(
                    "too many messages to this user: limits.directs-per-recipient is " + limit + " a second", waitMs);
        }
    }

    private record Way(UserId from, UserId to) implements Comparable<Way> {
        private static final Comparator<Way> ORDER =
                Comparator.comparing(Way::to).thenComparing(Way::from);

        @Override
        public int compareTo(Way other) {
            return ORDER.compare(this, other); // as in UserId
        }
    }
}
