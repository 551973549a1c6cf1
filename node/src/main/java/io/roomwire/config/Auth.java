package io.roomwire.config;

import java.net.URI;
import java.security.PublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect: whoever has a token that one of these keys has signed; with none of the three, everybody.
 *
 * @param secret empty: none
 * @param publicKey null: none
 * @param jwksUrl null: none
 * @param issuer empty: anybody
 * @param audience empty: tokens that are meant for nobody by name
 * @param bidiIds whether a user's id may turn the direction of text
 */
public record Auth(
        Secret secret,
        @Nullable PublicKey publicKey,
        @Nullable URI jwksUrl,
        String issuer,
        String audience,
        long skewMs,
        long maxAgeMs,
        long timeoutMs,
        boolean tokenInUrl,
        boolean bidiIds) {
    /** RFC 7518, section 3.2: a key as long as the hash; a shorter one can be found by trying. */
    static final int MIN_SECRET_BYTES = 32;

    private static final List<Key<?>> KEYS =
            List.of(Keys.AUTH_JWT_SECRET, Keys.AUTH_JWT_PUBLIC_KEY, Keys.AUTH_JWT_JWKS_URL);

    /** Whether nobody is asked for a token. */
    public boolean isOpen() {
        return secret.isEmpty() && publicKey == null && jwksUrl == null;
    }

    static Auth of(Settings settings) {
        Auth auth = new Auth(
                secret(settings),
                publicKey(settings),
                SafeUrl.of(settings, Keys.AUTH_JWT_JWKS_URL),
                settings.get(Keys.AUTH_JWT_ISSUER),
                settings.get(Keys.AUTH_JWT_AUDIENCE),
                settings.get(Keys.AUTH_JWT_SKEW),
                settings.get(Keys.AUTH_JWT_MAX_AGE),
                settings.get(Keys.AUTH_TIMEOUT),
                settings.get(Keys.AUTH_TOKEN_IN_URL),
                settings.get(Keys.IDS_BIDI_CONTROLS));
        List<Key<?>> set = KEYS.stream().filter(settings::isSet).toList();
        if (set.size() > 1) {
            throw settings.wrong(set.get(1), "nothing, since " + set.get(0).name() + " is set: one of them counts");
        }
        if (auth.isOpen()) {
            // Whoever sets one of these believes that tokens are checked.
            for (Key<String> key : List.of(Keys.AUTH_JWT_ISSUER, Keys.AUTH_JWT_AUDIENCE)) {
                if (settings.isSet(key)) {
                    throw settings.wrong(
                            key, "nothing, as long as none of auth.jwt.secret, public-key and jwks-url is set");
                }
            }
        }
        return auth;
    }

    private static Secret secret(Settings settings) {
        Secret secret = settings.get(Keys.AUTH_JWT_SECRET);
        if (!secret.isEmpty() && secret.bytes().length < MIN_SECRET_BYTES) {
            throw settings.wrong(
                    Keys.AUTH_JWT_SECRET,
                    "at least " + MIN_SECRET_BYTES + " random bytes, as `openssl rand -base64 48` makes them");
        }
        return secret;
    }

    private static @Nullable PublicKey publicKey(Settings settings) {
        if (!settings.isSet(Keys.AUTH_JWT_PUBLIC_KEY)) {
            return null;
        }
        PublicKey key = PemKeys.parse(settings.get(Keys.AUTH_JWT_PUBLIC_KEY));
        if (key == null) {
            throw settings.wrong(Keys.AUTH_JWT_PUBLIC_KEY, PemKeys.EXPECTED);
        }
        return key;
    }

    /**
     * The address that clients connect to.
     *
     * @throws ConfigException if other machines reach it and nothing says who may come in
     */
    static String checkedHost(Settings settings) {
        String host = settings.get(Keys.HOST);
        boolean open = KEYS.stream().noneMatch(settings::isSet);
        if (open && !settings.get(Keys.INSECURE) && !SafeUrl.isLoopback(host)) {
            throw settings.wrong(
                    Keys.HOST,
                    "a loopback address, since without authentication everybody is who they say they are"
                            + " (set auth.jwt.secret, auth.jwt.public-key or auth.jwt.jwks-url;"
                            + " --insecure lets everybody in all the same)");
        }
        return host;
    }
}
