package io.roomwire.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSetBasedJWKSource;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys that an identity provider publishes at a URL (JWKS, RFC 7517), kept here and fetched again before they
 * are stale, and at once when a token names one that is not among them.
 *
 * <p>Any thread may ask, but none that must not wait.
 */
final class PublishedKeys implements VerificationKeys {
    private static final Logger LOG = LoggerFactory.getLogger(PublishedKeys.class);

    /** So long a key that was withdrawn still counts. */
    private static final long CACHE_MS = 300_000;

    private static final long REFRESH_AHEAD_MS = 60_000;

    /** So long one fetch may keep those waiting that need it. */
    private static final long REFRESH_WAIT_MS = 5_000;

    /** Two fetches in that time: whoever invents names of keys must not make us a flood for the provider. */
    private static final long RATE_MS = 30_000;

    /** So long the last keys count when no new ones can be had: time to mend the provider without an outage here. */
    private static final long OUTAGE_MS = 3_600_000;

    private static final int HTTP_MS = 2_000;
    private static final int MAX_BYTES = 256 * 1024;

    /** NIST SP 800-131A, as for the key of the configuration. */
    private static final int MIN_RSA_BITS = 2048;

    /** What stands before the 32 bytes of an Ed25519 key in X.509 (RFC 8410, section 4). */
    private static final byte[] ED25519_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final JWKSet NONE = new JWKSet();

    private final URI url;
    private final JWKSource<SecurityContext> source;
    private final AtomicBoolean away = new AtomicBoolean();

    /** What the last fetch brought that succeeded. */
    private volatile Fetched last = new Fetched(NONE, System.nanoTime());

    private final AtomicBoolean refreshing = new AtomicBoolean();
    private final ExecutorService background;

    private record Fetched(JWKSet keys, long atNs) {}

    PublishedKeys(URI url) {
        this.url = url;
        URL location;
        try {
            location = url.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e); // the configuration has checked it
        }
        DefaultThreadFactory threads = new DefaultThreadFactory("roomwire-auth-keys", true);
        background = Executors.newSingleThreadExecutor(threads);
        source = JWKSourceBuilder.create(new Watched(
                        new JwksSource(location, new DefaultResourceRetriever(HTTP_MS, HTTP_MS, MAX_BYTES))))
                .cache(CACHE_MS, REFRESH_WAIT_MS)
                .refreshAheadCache(
                        REFRESH_AHEAD_MS,
                        null,
                        Executors.newSingleThreadExecutor(threads),
                        true,
                        Executors.newSingleThreadScheduledExecutor(threads),
                        true)
                .rateLimited(RATE_MS)
                .outageTolerant(OUTAGE_MS)
                .build();
    }

    @Override
    public List<Key> selectJWSKeys(JWSHeader header, @Nullable SecurityContext context) throws KeySourceException {
        JWKMatcher matcher = JWKMatcher.forJWSHeader(header);
        if (matcher == null) {
            return List.of(); // none, or an algorithm that nobody knows
        }
        List<Key> atHand = usable(new JWKSelector(matcher).select(held()), header);
        return atHand.isEmpty() ? usable(source.get(new JWKSelector(matcher), context), header) : atHand;
    }

    /** Those of the last fetch, as long as they count; it waits for nobody. */
    private JWKSet held() {
        Fetched fetched = last;
        boolean counts = System.nanoTime() - fetched.atNs() < TimeUnit.MILLISECONDS.toNanos(CACHE_MS + OUTAGE_MS);
        return counts ? fetched.keys() : NONE;
    }

    @Override
    public boolean areAtHand(String token) {
        refreshIfStale();
        int dot = token.indexOf('.');
        try {
            JWKMatcher matcher =
                    JWKMatcher.forJWSHeader(JWSHeader.parse(new Base64URL(token.substring(0, Math.max(0, dot)))));
            return matcher == null || !new JWKSelector(matcher).select(held()).isEmpty();
        } catch (ParseException | RuntimeException e) {
            return true; // no token, which needs no key to be refused
        }
    }

    /** The cache fetches ahead by itself, but not again once that has failed, unless somebody asks it. */
    private void refreshIfStale() {
        if (System.nanoTime() - last.atNs() > TimeUnit.MILLISECONDS.toNanos(CACHE_MS)
                && refreshing.compareAndSet(false, true)) {
            background.execute(() -> {
                try {
                    fetch();
                } finally {
                    refreshing.set(false);
                }
            });
        }
    }

    private static List<Key> usable(List<JWK> published, JWSHeader header) {
        List<Key> keys = new ArrayList<>();
        for (JWK each : published) {
            PublicKey key = publicKey(each);
            if (key != null && VerificationKeys.algorithms(key).contains(header.getAlgorithm())) {
                keys.add(key);
            }
        }
        return keys;
    }

    /** Null for one that is weak or of a kind that is not taken, such as a secret, which has no place in public. */
    private static @Nullable PublicKey publicKey(JWK key) {
        try {
            if (key instanceof RSAKey rsa) {
                return rsa.size() < MIN_RSA_BITS ? null : rsa.toPublicKey();
            }
            if (key instanceof ECKey ec) {
                return ec.toPublicKey();
            }
            if (key instanceof OctetKeyPair pair && pair.getCurve().equals(Curve.Ed25519)) {
                return ed25519(pair.getDecodedX());
            }
        } catch (JOSEException | GeneralSecurityException e) {
            LOG.debug("a published key cannot be used: {}", e.getMessage());
        }
        return null;
    }

    private static PublicKey ed25519(byte[] raw) throws GeneralSecurityException {
        byte[] encoded = new byte[ED25519_HEAD.length + raw.length];
        System.arraycopy(ED25519_HEAD, 0, encoded, 0, ED25519_HEAD.length);
        System.arraycopy(raw, 0, encoded, ED25519_HEAD.length, raw.length);
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    @Override
    public void fetch() {
        try {
            source.get(new JWKSelector(new JWKMatcher.Builder().build()), null);
        } catch (KeySourceException e) {
            LOG.debug("no keys yet", e);
        }
    }

    @Override
    public boolean areFresh() {
        return !away.get();
    }

    @Override
    public void close() {
        background.shutdownNow();
        try {
            if (source instanceof JWKSetBasedJWKSource<SecurityContext> closeable) {
                closeable.close();
            }
        } catch (IOException e) {
            LOG.debug("the source of keys was not closed", e);
        }
    }

    /** Behind the cache: sees each fetch, and says when the provider goes away and when it is back. */
    private final class Watched implements JWKSetSource<SecurityContext>, Closeable {
        private final JWKSetSource<SecurityContext> fetched;

        Watched(JWKSetSource<SecurityContext> fetched) {
            this.fetched = fetched;
        }

        @Override
        public JWKSet getJWKSet(
                JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
                throws KeySourceException {
            try {
                JWKSet keys = fetched.getJWKSet(evaluator, currentTime, context);
                last = new Fetched(keys, System.nanoTime());
                if (away.getAndSet(false)) {
                    LOG.info("auth.jwt.jwks-url: {} can be read again", url);
                }
                return keys;
            } catch (KeySourceException | RuntimeException e) {
                if (!away.getAndSet(true)) {
                    LOG.warn(
                            "auth.jwt.jwks-url: {} cannot be read: {}; the keys of before count for another {} min, then"
                                    + " no token can be checked: see to it that this node reaches it",
                            url,
                            e.getMessage(),
                            OUTAGE_MS / 60_000);
                }
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            fetched.close();
        }
    }
}
