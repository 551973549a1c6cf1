package io.roomwire.auth;

import com.nimbusds.jwt.JWTClaimsSet;
import io.roomwire.config.Auth;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.IdRules;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads what a token says of its user, once its signature and its times were found good. Any thread may call. */
final class TokenClaims {
    static final String ROOMS = "rooms";
    static final String MATCH = "match";
    static final String CAN = "can";
    static final String DIRECT = "direct";

    /** Each is looked at for each join and broadcast; who needs more has not found out about the star. */
    private static final int MAX_GRANTS = 100;

    /** A longer one fits no room id. */
    private static final int MAX_PATTERN_CHARS = 255;

    private final long skewMs;
    private final long maxAgeMs;
    private final LongSupplier nowMs;
    private final IdRules idRules;

    /** @param nowMs the time, Unix milliseconds */
    TokenClaims(Auth config, LongSupplier nowMs) {
        skewMs = config.skewMs();
        maxAgeMs = config.maxAgeMs();
        idRules = new IdRules(config.bidiIds());
        this.nowMs = nowMs;
    }

    /** What every complaint about a token looks like; the text names the claim, never its token. */
    static RequestException bad(String problem) {
        return new RequestException(ErrorCode.UNAUTHORIZED, "token: " + problem);
    }

    /** @throws RequestException {@code unauthorized}, names the claim */
    Grant grant(JWTClaimsSet claims) {
        // Nimbus finds a required claim that is null to be there.
        if (claims.getExpirationTime() == null || claims.getSubject() == null) {
            throw bad("exp and sub have to be there and must not be null");
        }
        long expiresAtMs = claims.getExpirationTime().toInstant().toEpochMilli();
        Instant issued =
                claims.getIssueTime() == null ? null : claims.getIssueTime().toInstant();
        if (issued != null && issued.toEpochMilli() > nowMs.getAsLong() + skewMs) {
            throw bad("iat is in the future"); // else no revocation of today would be about it
        }
        checkAge(issued == null ? nowMs.getAsLong() : issued.toEpochMilli(), expiresAtMs);
        long endsAtMs = expiresAtMs > Long.MAX_VALUE - skewMs ? Long.MAX_VALUE : expiresAtMs + skewMs;
        return new TokenGrant(
                user(claims.getSubject()),
                rules(claims.getClaim(ROOMS)),
                directTo(claims.getClaim(DIRECT)),
                issued == null ? 0 : issued.getEpochSecond(),
                expiresAtMs,
                endsAtMs,
                limits(claims.getClaim("limits")));
    }

    /** A token that lives longer than revocations are kept could not be revoked. */
    private void checkAge(long fromMs, long expiresAtMs) {
        if (expiresAtMs > fromMs + maxAgeMs + skewMs) {
            throw bad("exp is more than auth.jwt.max-age, " + TimeUnit.MILLISECONDS.toSeconds(maxAgeMs)
                    + " s, after iat (or after now, without iat)");
        }
    }

    private UserId user(String subject) {
        try {
            UserId user = new UserId(subject);
            idRules.check(user);
            return user;
        } catch (RequestException e) {
            throw bad("sub is no user id: " + e.message());
        }
    }

    private static List<TokenGrant.Rule> rules(@Nullable Object claim) {
        if (claim == null) {
            return List.of();
        }
        if (!(claim instanceof List<?> list) || list.size() > MAX_GRANTS) {
            throw bad(ROOMS + " has to be a list of up to " + MAX_GRANTS + " grants");
        }
        List<TokenGrant.Rule> rules = new ArrayList<>(list.size());
        for (Object each : list) {
            rules.add(rule(each, ROOMS + "[" + rules.size() + "]"));
        }
        return List.copyOf(rules);
    }

    private static TokenGrant.Rule rule(@Nullable Object grant, String where) {
        if (!(grant instanceof Map<?, ?> fields)) {
            throw bad(where + " has to be an object with " + MATCH + " and " + CAN);
        }
        RoomPattern pattern = pattern(fields.get(MATCH), where + "." + MATCH);
        if (!(fields.get(CAN) instanceof List<?> can)) {
            throw bad(where + "." + CAN + " has to be a list of rights");
        }
        Set<Right> rights = EnumSet.noneOf(Right.class);
        for (Right right : Right.values()) {
            // A right that only a newer node knows is not given by this one; the token is good for the rest.
            if (can.contains(right.wireName())) {
                rights.add(right);
            }
        }
        return new TokenGrant.Rule(pattern, rights);
    }

    /** Null: the token says nothing of it, as those did that were made before there was this claim. */
    private static @Nullable List<RoomPattern> directTo(@Nullable Object claim) {
        if (claim == null) {
            return null;
        }
        if (!(claim instanceof List<?> list) || list.size() > MAX_GRANTS) {
            throw bad(DIRECT + " has to be a list of up to " + MAX_GRANTS + " patterns of users");
        }
        List<RoomPattern> patterns = new ArrayList<>(list.size());
        for (Object each : list) {
            patterns.add(pattern(each, DIRECT + "[" + patterns.size() + "]"));
        }
        return List.copyOf(patterns);
    }

    private static RoomPattern pattern(@Nullable Object value, String where) {
        if (!(value instanceof String match) || match.isEmpty() || match.length() > MAX_PATTERN_CHARS) {
            throw bad(where + " has to be a text of 1 to " + MAX_PATTERN_CHARS + " characters");
        }
        return new RoomPattern(match);
    }

    private static UserLimits limits(@Nullable Object claim) {
        if (claim == null) {
            return UserLimits.NONE;
        }
        if (!(claim instanceof Map<?, ?> fields)) {
            throw bad("limits has to be an object");
        }
        return new UserLimits(limit(fields, "connections"), limit(fields, "messages_per_second"));
    }

    private static int limit(Map<?, ?> fields, String name) {
        Object value = fields.get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof Long number && number > 0 && number <= Integer.MAX_VALUE) {
            return number.intValue();
        }
        throw bad("limits." + name + " has to be a whole number from 1 to " + Integer.MAX_VALUE);
    }
}
