package io.roomwire.config;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Public keys in the form that {@code openssl pkey -pubout} writes (RFC 7468, section 13). */
final class PemKeys {
    static final String EXPECTED = "-----BEGIN PUBLIC KEY----- of RSA from 2048 bits on, of EC P-256, P-384 or P-521,"
            + " or of Ed25519 (openssl pkey -pubout writes it)";

    private static final Pattern PEM =
            Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----\\s*");

    /** NIST SP 800-131A: shorter ones are no longer good for signatures. */
    private static final int MIN_RSA_BITS = 2048;

    private static final Set<Integer> EC_BITS = Set.of(256, 384, 521);

    private PemKeys() {}

    /** Null if it is none, or a weak one. */
    static @Nullable PublicKey parse(String text) {
        Matcher pem = PEM.matcher(text);
        if (!pem.matches()) {
            return null;
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(pem.group(1));
        } catch (IllegalArgumentException e) {
            return null;
        }
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                PublicKey key = KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
                return isStrong(key) ? key : null;
            } catch (GeneralSecurityException e) {
                // Of another algorithm, or of none.
            }
        }
        return null;
    }

    private static boolean isStrong(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return rsa.getModulus().bitLength() >= MIN_RSA_BITS;
        }
        return !(key instanceof ECPublicKey ec)
                || EC_BITS.contains(ec.getParams().getCurve().getField().getFieldSize());
    }
}
