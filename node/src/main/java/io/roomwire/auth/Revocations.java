package io.roomwire.auth;

import io.roomwire.protocol.UserId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Which tokens no longer count: those of a user that were issued before a moment. Any thread may call.
 *
 * <p>One is kept as long as a token that it is about could still be good, which is {@code auth.jwt.max-age}. So what is
 * kept has an end, and there is a bound for it as well.
 */
public final class Revocations {
    /** Some 15 MB, here and in Redis; whoever revokes more means everybody, and changes the key. */
    public static final int MAX = 100_000;

    private final Map<UserId, Long> issuedBeforeS = new ConcurrentHashMap<>();
    private final long keepS;
    private final LongSupplier nowMs;

    /**
     * @param keepMs the longest life of a token, with the skew of clocks
     * @param nowMs the time, Unix milliseconds
     */
    public Revocations(long keepMs, LongSupplier nowMs) {
        keepS = TimeUnit.MILLISECONDS.toSeconds(keepMs) + 1;
        this.nowMs = nowMs;
    }

    /** @return whether it is new; an earlier moment than the one that is known changes nothing */
    public boolean add(UserId user, long beforeS) {
        Long known = issuedBeforeS.get(user);
        issuedBeforeS.merge(user, beforeS, Math::max);
        return known == null || known < beforeS;
    }

    /** Whether a token of the user no longer counts that was issued then, Unix seconds. */
    public boolean cover(UserId user, long issuedAtS) {
        Long beforeS = issuedBeforeS.get(user);
        return beforeS != null && issuedAtS < beforeS;
    }

    /** Whether the token that this grant came from is revoked. A grant without a user is of no token, and never is. */
    public boolean cover(Grant grant) {
        UserId user = grant.user();
        return user != null && cover(user, grant.issuedAtS());
    }

    /** @throws io.roomwire.protocol.RequestException {@code unauthorized} if they {@link #cover} the grant's tokens */
    public void check(Grant grant) {
        if (cover(grant)) {
            throw TokenClaims.bad("revoked");
        }
    }

    /** The moment, Unix seconds, from which on revocations are kept: what was issued before it has run out. */
    public long keptFromS() {
        return TimeUnit.MILLISECONDS.toSeconds(nowMs.getAsLong()) - keepS;
    }

    /** How long one is kept, in seconds. */
    public long keepS() {
        return keepS;
    }

    /** Forgets what is about no token any more. */
    public void prune() {
        long fromS = keptFromS();
        issuedBeforeS.values().removeIf(beforeS -> beforeS < fromS);
    }

    public int count() {
        return issuedBeforeS.size();
    }

    /** A copy: user to the moment before which tokens were issued that no longer count, Unix seconds. */
    public Map<UserId, Long> all() {
        return Map.copyOf(issuedBeforeS);
    }
}
