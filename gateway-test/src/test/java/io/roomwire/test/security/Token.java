package io.roomwire.test.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.roomwire.test.client.Dialer;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** A token in the making. For one thread. */
public final class Token {
    public static final String SECRET = "not a secret: every reader of this repository knows it";

    private final String user;
    private final List<Map<String, Object>> rooms = new ArrayList<>();
    private final JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder();

    private Token(String user) {
        this.user = user;
        claims.subject(user).claim("rooms", rooms);
        expires(Duration.ofHours(1));
    }

    /** Good for an hour, with no right. */
    public static Token of(String user) {
        return new Token(user);
    }

    /** A cluster that asks for tokens of {@link #SECRET}. */
    public static TestCluster.Builder asked() {
        return TestCluster.aCluster().environment("ROOMWIRE_AUTH_JWT_SECRET", SECRET);
    }

    public Token can(String match, String... rights) {
        rooms.add(Map.of("match", match, "can", List.of(rights)));
        return this;
    }

    public Token all(String match) {
        return can(match, "join", "write", "history", "presence");
    }

    Token expires(Duration fromNow) {
        claims.expirationTime(Date.from(Instant.now().plus(fromNow)));
        return this;
    }

    Token issued(Instant when) {
        claims.issueTime(Date.from(when));
        return this;
    }

    Token claim(String name, Object value) {
        claims.claim(name, value);
        return this;
    }

    public String signed() {
        return signed(SECRET);
    }

    public String signed(String secret) {
        try {
            return signed(new JWSHeader(JWSAlgorithm.HS256), new MACSigner(secret));
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    String signed(JWSHeader header, JWSSigner signer) {
        SignedJWT token = new SignedJWT(header, claims.build());
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new AssertionError("no token for " + user, e);
        }
        return token.serialize();
    }

    /** A client that has brought it in its handshake. */
    TestClient connect(TestNode node) {
        return bring(node, signed()).connect();
    }

    static Dialer bring(TestNode node, String token) {
        return TestClient.to(node).header("Authorization", "Bearer " + token);
    }
}
