package io.roomwire.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.roomwire.auth.UserLimits;
import io.roomwire.config.Config.Limits;
import io.roomwire.config.Network;
import io.roomwire.connection.BytePace;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast clients may ask by HTTP, where no session counts: each user that a token names, and each address of those who
 * brought no good one. Any thread may call.
 *
 * <p>Who has been silent for long enough may ask as if for the first time, so nothing is kept of them.
 */
public final class HttpRates {
    /** Some 20 MB. Beyond it those who ask least are forgotten, and may ask as if for the first time. */
    static final int MAX_KEPT = 100_000;

    /** In which the limit of a token allows its burst again, see {@link Users.Share#limit}. */
    private static final long TOKEN_REFILL_S = 2;

    /** What {@link BytePace} allows at once, and what may be over it. */
    private static final long PAGES_REFILL_S = 10;

    /** So many limits an address has for tokens that are to be checked, whatever users it invents. */
    private static final int PARTS = 64;

    private final Limits limits;
    private final LongSupplier nowNs;

    /** Odd, so that no hash is lost; and nobody's to know who shares a part with whom. */
    private final int seed = ThreadLocalRandom.current().nextInt() | 1;

    /** By {@link UserId}, {@link InetAddress} or {@link Unchecked}. */
    private final Cache<Object, Asker> askers;

    /** @param nowNs the time, as {@link System#nanoTime} */
    HttpRates(Limits limits, LongSupplier nowNs) {
        this.limits = limits;
        this.nowNs = nowNs;
        long refillS = limits.messagesPerSecond() == 0 ? 0 : limits.messagesBurst() / limits.messagesPerSecond();
        askers = Caffeine.newBuilder()
                .maximumSize(MAX_KEPT)
                .expireAfterAccess(Duration.ofSeconds(Math.max(
                        Math.max(refillS, TOKEN_REFILL_S) + 1, limits.pageBytesPerSecond() == 0 ? 0 : PAGES_REFILL_S)))
                .ticker(nowNs::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Counts a request of the user.
     *
     * @param ofToken what its token allows it
     * @throws RequestException {@code rate_limited}
     */
    public void count(UserId user, UserLimits ofToken) {
        take(user, ofToken);
    }

    /**
     * Counts a request that came without a good token.
     *
     * @throws RequestException {@code rate_limited}
     */
    public void count(InetAddress address) {
        take(Network.countedAs(address), UserLimits.NONE);
    }

    /**
     * Counts a request with a token that has to be checked first, which costs more than the answer that there were too many.
     *
     * @param claimed whom the token says it is of: one client's bad tokens do not keep its neighbour's out
     * @throws RequestException {@code rate_limited}; nothing is to be checked then
     */
    public Unchecked countUnchecked(InetAddress address, String claimed) {
        int part = claimed.isEmpty() ? -1 : Math.floorMod(claimed.hashCode() * seed, PARTS);
        Unchecked unchecked = new Unchecked(Network.countedAs(address), part);
        take(unchecked, UserLimits.NONE);
        return unchecked;
    }

    /** Its token was good: the request counts for the user that it names. */
    public void wasGood(Unchecked unchecked) {
        Asker asker = askers.getIfPresent(unchecked);
        if (asker != null) {
            asker.giveBack();
        }
    }

    /**
     * Who brought a token that was not checked yet.
     *
     * @param part of the users whom tokens from there claim to be of
     */
    public record Unchecked(InetAddress address, int part) {}

    private void take(Object who, UserLimits ofToken) {
        if (limits.messagesPerSecond() == 0 && ofToken.messagesPerSecond() == 0 && limits.pageBytesPerSecond() == 0) {
            return;
        }
        long now = nowNs.getAsLong();
        long waitMs = askers.get(who, key -> new Asker(limits, now)).take(ofToken, now);
        if (waitMs > 0) {
            throw RequestException.rateLimited(waitMs);
        }
    }

    /**
     * Counts bytes of pages, which holds up those that are asked for later; negative ones give back what was counted too much.
     *
     * @param user null: by address, as in {@link #count(InetAddress)}
     */
    public void spend(@Nullable UserId user, InetAddress address, long bytes) {
        if (limits.pageBytesPerSecond() > 0) {
            long now = nowNs.getAsLong();
            askers.get(user == null ? Network.countedAs(address) : user, key -> new Asker(limits, now))
                    .spend(bytes, now);
        }
    }

    /** How many are kept, after those that may be forgotten are. */
    long kept() {
        askers.cleanUp();
        return askers.estimatedSize();
    }

    private static final class Asker {
        /** Guarded by this object's lock, which is held for an addition. */
        private final TokenBucket ofNode;

        private final BytePace pages;

        private final Users.Share ofToken = new Users.Share();

        Asker(Limits limits, long nowNs) {
            ofNode = new TokenBucket(limits.messagesPerSecond(), limits.messagesBurst(), nowNs);
            pages = BytePace.ofSecond(limits.pageBytesPerSecond(), nowNs);
        }

        synchronized void giveBack() {
            ofNode.giveBack();
        }

        /** As {@link TokenBucket#take}. */
        synchronized long take(UserLimits limits, long nowNs) {
            ofToken.limit(limits.messagesPerSecond(), nowNs);
            return Math.max(pages.waitMs(nowNs), Math.max(ofNode.take(nowNs), ofToken.take(nowNs)));
        }

        synchronized void spend(long bytes, long nowNs) {
            pages.spend(bytes, nowNs);
        }
    }
}
