package io.roomwire.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.impl.ECDSA;
import com.nimbusds.jose.proc.JWSKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import io.roomwire.config.Auth;
import java.security.Key;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that may have signed a token. A key is for the algorithms of its own kind and no others, whatever a token's
 * header asks for: else a public key, which everybody has, would be taken for a secret (RFC 8725, section 2.1).
 */
interface VerificationKeys extends JWSKeySelector<SecurityContext> {
    /** The one form of key that is configured. */
    static VerificationKeys of(Auth config) {
        if (config.jwksUrl() != null) {
            return new PublishedKeys(config.jwksUrl());
        }
        if (config.publicKey() != null) {
            PublicKey key = config.publicKey();
            return new OneKey(key, algorithms(key));
        }
        byte[] secret = config.secret().bytes();
        return new OneKey(
                new SecretKeySpec(secret, "HMAC"), MACSigner.getCompatibleAlgorithms(secret.length * Byte.SIZE));
    }

    /** What a public key can have signed; empty for a kind that is not taken. */
    static Set<JWSAlgorithm> algorithms(PublicKey key) {
        if (key instanceof RSAPublicKey) {
            return JWSAlgorithm.Family.RSA;
        }
        if (key instanceof ECPublicKey ec) {
            try {
                return Set.of(ECDSA.resolveAlgorithm(ec));
            } catch (JOSEException e) {
                return Set.of();
            }
        }
        // RFC 8037 calls it EdDSA, RFC 9864 by the name of the curve.
        return Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519);
    }

    @Override
    List<? extends Key> selectJWSKeys(JWSHeader header, SecurityContext context) throws KeySourceException;

    /** Whether the token's key can be had without waiting, as far as its header tells; does not wait. */
    default boolean areAtHand(String token) {
        return true;
    }

    /** Gets the keys from where they are; may wait. */
    default void fetch() {}

    /** Whether they are those that are published now. */
    default boolean areFresh() {
        return true;
    }

    default void close() {}

    /** The key of the configuration. */
    record OneKey(Key key, Set<JWSAlgorithm> algorithms) implements VerificationKeys {
        @Override
        public List<Key> selectJWSKeys(JWSHeader header, SecurityContext context) {
            return algorithms.contains(header.getAlgorithm()) ? List.of(key) : List.of();
        }
    }
}
