package io.roomwire.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.roomwire.config.Config;
import io.roomwire.connection.BytePace;
import io.roomwire.history.StoredSize;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.time.Duration;
import java.util.Comparator;
import java.util.function.LongSupplier;

/**
 * What may be stored where it lies for long, by user and by room, and how fast users may be written to. It holds over all
 * connections of this node, and over their ends. Any thread may call.
 *
 * <p>A limit a day bounds what is stored at any time: of what is kept for some days at most the limit times one more than
 * those days, since a day's worth may come at once ({@code docs/decisions/0028}).
 */
final class Quotas {
    /** Some 20 MB each. Beyond it those who write least are forgotten, and may write as if for the first time. */
    private static final int MAX_KEPT = 100_000;

    private static final Duration DAY = Duration.ofDays(1);

    /** In which a bucket of two seconds is full again. */
    private static final Duration DIRECTS_KEPT = Duration.ofSeconds(3);

    private final Config.Quota limits;
    private final LongSupplier nowNs;
    private final Cache<UserId, BytePace> users;
    private final Cache<RoomId, BytePace> rooms;
    private final Cache<Way, TokenBucket> ways;
    private final Cache<UserId, TokenBucket> recipients;

    /** @param nowNs the time, as {@link System#nanoTime} */
    Quotas(Config.Quota limits, LongSupplier nowNs) {
        this.limits = limits;
        this.nowNs = nowNs;
        users = cache(DAY, nowNs);
        rooms = cache(DAY, nowNs);
        ways = cache(DIRECTS_KEPT, nowNs);
        recipients = cache(DIRECTS_KEPT, nowNs);
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
     * Counts a message that is about to be stored in Redis or PostgreSQL.
     *
     * @throws RequestException {@code rate_limited}: too much was stored within a day for the user, or in the room
     */
    void store(RoomId room, Message message) {
        long bytes = StoredSize.of(room, message);
        spend(
                users,
                message.sender(),
                limits.bytesPerUser(),
                bytes,
                "you have stored as much within a day as limits.bytes-stored-per-user allows, ");
        try {
            spend(
                    rooms,
                    room,
                    limits.bytesPerRoom(),
                    bytes,
                    "as much was stored in this room within a day as limits.bytes-stored-per-room allows, ");
        } catch (RequestException e) {
            charge(message.sender(), -bytes);
            throw e;
        }
    }

    /** The message was the first of its room, which has come to be by it. */
    void began(RoomId room, UserId sender) {
        charge(sender, StoredSize.of(room));
    }

    private void charge(UserId sender, long bytes) {
        long limit = limits.bytesPerUser();
        if (limit > 0) {
            long now = nowNs.getAsLong();
            BytePace pace = pace(users, sender, limit, now);
            synchronized (pace) {
                pace.spend(bytes, now);
            }
        }
    }

    private <K> void spend(Cache<K, BytePace> accounts, K whose, long limit, long bytes, String refusal) {
        if (limit == 0) {
            return;
        }
        long now = nowNs.getAsLong();
        BytePace pace = pace(accounts, whose, limit, now);
        long waitMs;
        synchronized (pace) {
            waitMs = pace.waitMs(now);
            if (waitMs == 0) {
                pace.spend(bytes, now);
            }
        }
        if (waitMs > 0) {
            throw RequestException.rateLimited(refusal + limit + " bytes", waitMs);
        }
    }

    private static <K> BytePace pace(Cache<K, BytePace> accounts, K whose, long limit, long now) {
        return accounts.get(whose, key -> new BytePace(limit, DAY.toNanos(), now));
    }

    /**
     * Counts a direct message.
     *
     * @throws RequestException {@code rate_limited}: too many to that recipient, of this sender or of all
     */
    void direct(UserId sender, UserId recipient) {
        take(
                ways,
                new Way(sender, recipient),
                limits.directsPerRecipient(),
                "too many messages to this user: limits.directs-per-recipient is ");
        take(
                recipients,
                recipient,
                limits.directsToOneUser(),
                "too many users write to this one: limits.directs-to-one-user is ");
    }

    private <K> void take(Cache<K, TokenBucket> rates, K whose, int limit, String refusal) {
        if (limit == 0) {
            return;
        }
        long now = nowNs.getAsLong();
        int burst = (int) Math.min(Integer.MAX_VALUE, 2L * limit);
        TokenBucket rate = rates.get(whose, key -> new TokenBucket(limit, burst, now));
        long waitMs;
        synchronized (rate) {
            waitMs = rate.take(now);
        }
        if (waitMs > 0) {
            throw RequestException.rateLimited(refusal + limit + " a second", waitMs);
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
