package io.roomwire.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.roomwire.config.Auth;
import io.roomwire.config.Network;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.net.InetAddress;
import java.text.ParseException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Everybody needs a JWT that one of the configured keys has signed (RFC 7519, RFC 8725). Any thread may call.
 *
 * <p>A secret is checked on the caller's thread. A public key costs a hundred times as much and the keys of a URL may have
 * to be fetched, so these have threads of their own (docs/decisions/0010).
 */
public final class JwtAuthenticator implements Authenticator {
    /** What fits into the headers of a handshake by default; checked before anything is parsed. */
    static final int MAX_TOKEN_CHARS = 8192;

    /** Half of the machine: a flood of tokens must leave the loops theirs. */
    private static final int THREADS =
            Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors() / 2));

    /** Checks that may wait: what the threads do within the time that a handshake has. */
    private static final int QUEUE = 10_000;

    /** Those that may have to wait for a key besides; after two fetches in 30 s none does. */
    private static final int UNKNOWN_QUEUE = 1000;

    /** RFC 7515, section 4.1.9: with the prefix it means the same. */
    private static final Set<JOSEObjectType> TYPES = new HashSet<>(Arrays.asList(
            JOSEObjectType.JWT,
            new JOSEObjectType("at+jwt"),
            new JOSEObjectType("application/jwt"),
            new JOSEObjectType("application/at+jwt"),
            null)); // a set that takes null: most tokens do not say

    private final VerificationKeys keys;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    private final TokenClaims claims;
    private final Revocations revocations;
    private final KnownTokens known;

    /** Null: a secret is checked where the token comes in. */
    private final @Nullable Checks checks;

    /** Whose key is not at hand: whoever invents names of keys has a thread that waits for them, and no other. */
    private final @Nullable Checks unknown;

    /**
     * @param config not open
     * @param nowMs the time, Unix milliseconds
     */
    public JwtAuthenticator(Auth config, LongSupplier nowMs, Revocations revocations) {
        this.revocations = revocations;
        keys = VerificationKeys.of(config);
        claims = new TokenClaims(config, nowMs);
        known = new KnownTokens(nowMs);
        boolean elsewhere = config.secret().isEmpty();
        checks = elsewhere ? new Checks("roomwire-auth", THREADS, QUEUE) : null;
        unknown = elsewhere ? new Checks("roomwire-auth-unknown", 1, UNKNOWN_QUEUE) : null;
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(TYPES));
        processor.setJWSKeySelector(keys);
        processor.setJWSVerifierFactory(new VerifierFactory());
        processor.setJWTClaimsSetVerifier(verifier(config, nowMs));
    }

    private static DefaultJWTClaimsVerifier<SecurityContext> verifier(Auth config, LongSupplier nowMs) {
        String audience = config.audience().isEmpty() ? null : config.audience();
        JWTClaimsSet.Builder exactly = new JWTClaimsSet.Builder();
        if (!config.issuer().isEmpty()) {
            exactly.issuer(config.issuer());
        }
        // RFC 7519, section 4.1.3: who does not find itself in aud has to refuse the token.
        Set<String> prohibited = audience == null ? Set.of("aud") : Set.of();
        DefaultJWTClaimsVerifier<SecurityContext> verifier =
                new DefaultJWTClaimsVerifier<>(
                        audience == null ? null : Set.of(audience), exactly.build(), Set.of("sub", "exp"), prohibited) {
                    @Override
                    protected Date currentTime() {
                        return Date.from(Instant.ofEpochMilli(nowMs.getAsLong()));
                    }
                };
        verifier.setMaxClockSkew((int) TimeUnit.MILLISECONDS.toSeconds(config.skewMs()));
        return verifier;
    }

    /** Fetches what has to be fetched, so that the first client need not wait for it. */
    public void start() {
        if (unknown != null) {
            unknown.run(this, keys::fetch);
        }
    }

    /** Whether the keys are those that are published now; always true where they are configured. */
    public boolean hasFreshKeys() {
        return keys.areFresh();
    }

    @Override
    public Grant withoutToken() {
        return Grant.NONE;
    }

    @Override
    public CompletionStage<Grant> authenticate(String token, InetAddress from) {
        CompletableFuture<Grant> answer = new CompletableFuture<>();
        Grant found = known.find(token);
        Runnable check = () -> {
            try {
                answer.complete(notRevoked(found == null ? checked(token) : found));
            } catch (RuntimeException | StackOverflowError e) {
                answer.completeExceptionally(e);
            }
        };
        Checks queue = found == null ? queueFor(token) : null;
        try {
            if (queue == null) {
                check.run();
            } else {
                queue.run(Network.countedAs(from), check);
            }
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(
                    new RequestException(ErrorCode.UNAVAILABLE, "too many tokens wait to be checked, come back later"));
        }
        return answer;
    }

    @Override
    public @Nullable Grant known(String token) {
        return known.find(token);
    }

    /** Null: here and now. */
    private @Nullable Checks queueFor(String token) {
        if (checks == null || token.length() > MAX_TOKEN_CHARS) {
            return null;
        }
        return keys.areAtHand(token) ? checks : unknown;
    }

    private Grant checked(String token) {
        Grant grant = verify(token);
        known.add(token, grant);
        return grant;
    }

    private Grant notRevoked(Grant grant) {
        revocations.check(grant);
        return grant;
    }

    private Grant verify(String token) {
        if (token.length() > MAX_TOKEN_CHARS) {
            throw TokenClaims.bad("longer than " + MAX_TOKEN_CHARS + " bytes");
        }
        JWTClaimsSet checked;
        try {
            checked = processor.process(token, null);
        } catch (KeySourceException e) {
            throw new RequestException(
                    ErrorCode.UNAVAILABLE, "the keys that tokens are checked with cannot be had now, come back later");
        } catch (BadJOSEException e) {
            throw TokenClaims.bad(String.valueOf(e.getMessage())); // about the token, in words for its maker
        } catch (JOSEException e) {
            throw TokenClaims.bad("its signature cannot be checked here"); // the message is about this machine
        } catch (ParseException | RuntimeException e) {
            // The message could hold a part of the token.
            throw TokenClaims.bad("not a signed JWT");
        }
        return claims.grant(checked);
    }

    @Override
    public void close() {
        keys.close();
        if (checks != null) {
            checks.close();
        }
        if (unknown != null) {
            unknown.close();
        }
    }
}
