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
import io.netty.util.concurrent.DefaultThreadFactory;
import io.roomwire.config.Auth;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
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
    private static final int MAX_TOKEN_CHARS = 8192;

    private static final int THREADS =
            Math.max(2, Math.min(8, Runtime.getRuntime().availableProcessors()));

    /** Checks that may wait: what the threads do within the time that a handshake has. */
    private static final int QUEUE = 10_000;

    private final VerificationKeys keys;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    private final TokenClaims claims;
    private final Revocations revocations;
    private final @Nullable ThreadPoolExecutor pool;

    /**
     * @param config not open
     * @param nowMs the time, Unix milliseconds
     */
    public JwtAuthenticator(Auth config, LongSupplier nowMs, Revocations revocations) {
        this.revocations = revocations;
        keys = VerificationKeys.of(config);
        claims = new TokenClaims(config, nowMs);
        pool = config.secret().isEmpty() ? pool() : null;
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWSKeySelector(keys);
        processor.setJWSVerifierFactory(new VerifierFactory());
        processor.setJWTClaimsSetVerifier(verifier(config, nowMs));
    }

    private static ThreadPoolExecutor pool() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                1,
                TimeUnit.MINUTES,
                new LinkedBlockingQueue<>(QUEUE),
                new DefaultThreadFactory("roomwire-auth", true));
        pool.allowCoreThreadTimeOut(true);
        return pool;
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
        if (pool != null) {
            pool.execute(keys::fetch);
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
    public CompletionStage<Grant> authenticate(String token) {
        Executor executor = pool == null ? Runnable::run : pool;
        try {
            return CompletableFuture.supplyAsync(() -> verify(token), executor);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(
                    new RequestException(ErrorCode.UNAVAILABLE, "too many tokens wait to be checked, come back later"));
        }
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
        Grant grant = claims.grant(checked);
        revocations.check(grant);
        return grant;
    }

    @Override
    public void close() {
        keys.close();
        if (pool != null) {
            pool.shutdownNow();
        }
    }
}
