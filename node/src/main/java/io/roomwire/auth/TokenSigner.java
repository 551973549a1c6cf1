package io.roomwire.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.roomwire.config.Auth;
import io.roomwire.protocol.UserId;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** Makes tokens with the configured secret, for development; in production a back end of yours does. */
public final class TokenSigner {
    private TokenSigner() {}

    /**
     * @param config with a secret
     * @param rooms patterns, with {@code *} for any run of characters
     * @param rights the same in all of these rooms
     * @param directTo patterns of users; none: everybody
     */
    public static String sign(
            Auth config,
            UserId user,
            Collection<String> rooms,
            Collection<Right> rights,
            Collection<String> directTo,
            long nowMs,
            long lifetimeMs) {
        List<String> can = rights.stream().map(Right::wireName).toList();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .subject(user.text())
                .issueTime(Date.from(Instant.ofEpochMilli(nowMs)))
                .expirationTime(Date.from(Instant.ofEpochMilli(nowMs + lifetimeMs)))
                .claim(
                        TokenClaims.ROOMS,
                        rooms.stream()
                                .map(room -> Map.of(TokenClaims.MATCH, room, TokenClaims.CAN, can))
                                .toList());
        if (!directTo.isEmpty()) {
            claims.claim(TokenClaims.DIRECT, List.copyOf(directTo));
        }
        if (!config.issuer().isEmpty()) {
            claims.issuer(config.issuer());
        }
        if (!config.audience().isEmpty()) {
            claims.audience(config.audience());
        }
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
        try {
            token.sign(new MACSigner(config.secret().bytes()));
        } catch (JOSEException e) {
            throw new IllegalArgumentException("the secret cannot sign: " + e.getMessage(), e);
        }
        return token.serialize();
    }
}
