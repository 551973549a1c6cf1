package io.roomwire.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.util.Base64URL;
import io.roomwire.config.Auth;
import io.roomwire.config.Secret;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtAuthenticatorTest {
    private static final String SECRET = "0123456789abcdef".repeat(4);
    private static final long NOW_S = 1_800_000_000;
    private static final long MAX_AGE_S = 3600;
    private static final String GOOD = "{\"sub\":\"alice\",\"exp\":1800000060}";
    private static final KeyPair RSA = pair("RSA", 2048);

    private static KeyPair pair(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (bits > 0) {
                generator.initialize(bits);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static Auth config(String secret, @Nullable PublicKey key, String issuer, String audience) {
        return new Auth(new Secret(secret), key, null, issuer, audience, 30_000, MAX_AGE_S * 1000, 1000, false, false);
    }

    private static Grant grant(Auth config, String token) {
        return grant(config, token, new Revocations(0, () -> 0));
    }

    private static Grant grant(Auth config, String token, Revocations revocations) {
        try (JwtAuthenticator authenticator = new JwtAuthenticator(config, () -> NOW_S * 1000, revocations)) {
            return authenticator
                    .authenticate(token, InetAddress.getLoopbackAddress())
                    .toCompletableFuture()
                    .join();
        }
    }

    private static Grant grant(String claims) {
        return grant(config(SECRET, null, "", ""), signed(claims));
    }

    private static String refusal(Auth config, String token) {
        try {
            grant(config, token);
        } catch (CompletionException e) {
            RequestException refusal = (RequestException) e.getCause();
            assertThat(refusal.code()).isEqualTo(ErrorCode.UNAUTHORIZED);
            assertThat(refusal.message()).startsWith("token: ").doesNotContain(token);
            return refusal.message();
        }
        throw new AssertionError("it was taken");
    }

    private static String refusal(String claims) {
        return refusal(config(SECRET, null, "", ""), signed(claims));
    }

    private static String signed(String claims) {
        return signed(header(JWSAlgorithm.HS256), claims, SECRET.getBytes(StandardCharsets.UTF_8));
    }

    private static JWSHeader header(JWSAlgorithm algorithm) {
        return new JWSHeader.Builder(algorithm).type(JOSEObjectType.JWT).build();
    }

    private static String signed(JWSHeader header, String claims, byte[] secret) {
        try {
            return signed(header, claims, new MACSigner(secret));
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static String signed(JWSHeader header, String claims, JWSSigner signer) throws JOSEException {
        JWSObject token = new JWSObject(header, new Payload(claims));
        token.sign(signer);
        return token.serialize();
    }

    private static String encoded(String text) {
        return Base64URL.encode(text).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HS256", "HS384", "HS512"})
    void aTokenOfTheSecretIsGood(String algorithm) {
        String token = signed(header(JWSAlgorithm.parse(algorithm)), GOOD, SECRET.getBytes(StandardCharsets.UTF_8));

        assertThat(grant(config(SECRET, null, "", ""), token).user()).isEqualTo(new UserId("alice"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    void aTokenOfTheRsaKeyIsGood(String algorithm) throws JOSEException {
        String token = signed(header(JWSAlgorithm.parse(algorithm)), GOOD, new RSASSASigner(RSA.getPrivate()));

        assertThat(grant(config("", RSA.getPublic(), "", ""), token).user()).isEqualTo(new UserId("alice"));
    }

    @ParameterizedTest
    @CsvSource({"ES256,256", "ES384,384", "ES512,521"})
    void aTokenOfTheEcKeyIsGood(String algorithm, int bits) throws JOSEException {
        KeyPair key = pair("EC", bits);
        String token =
                signed(header(JWSAlgorithm.parse(algorithm)), GOOD, new ECDSASigner((ECPrivateKey) key.getPrivate()));

        assertThat(grant(config("", key.getPublic(), "", ""), token).user()).isEqualTo(new UserId("alice"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EdDSA", "Ed25519"})
    void aTokenOfTheEd25519KeyIsGoodAndAChangedOneIsNot(String algorithm) throws GeneralSecurityException {
        KeyPair key = pair("Ed25519", 0);
        Auth config = config("", key.getPublic(), "", "");
        String token = edwards("{\"alg\":\"" + algorithm + "\"}", key.getPrivate());

        assertThat(grant(config, token).user()).isEqualTo(new UserId("alice"));
        assertThat(refusal(config, token.substring(0, token.length() - 12) + "AAAAAAAAAAAA"))
                .contains("Invalid signature");
        assertThat(refusal(config, edwards("{\"alg\":\"EdDSA\",\"crit\":[\"x\"],\"x\":1}", key.getPrivate())))
                .contains("Invalid signature");
    }

    private static String edwards(String header, PrivateKey key) throws GeneralSecurityException {
        String signed = encoded(header) + "." + encoded(GOOD);
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(key);
        signer.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + Base64URL.encode(signer.sign());
    }

    /** RFC 8725, section 2.1: the public key is public, so it must never be taken for a secret. */
    @Test
    void thePublicKeyIsNoSecret() {
        byte[] encoded = RSA.getPublic().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END PUBLIC KEY-----\n";
        Auth config = config("", RSA.getPublic(), "", "");

        assertThat(refusal(config, signed(header(JWSAlgorithm.HS256), GOOD, encoded)))
                .contains("Another algorithm expected");
        assertThat(refusal(config, signed(header(JWSAlgorithm.HS256), GOOD, pem.getBytes(StandardCharsets.UTF_8))))
                .contains("Another algorithm expected");
    }

    @Test
    void aSecretTakesNoSignatureOfAPublicKey() throws JOSEException {
        String token = signed(header(JWSAlgorithm.RS256), GOOD, new RSASSASigner(RSA.getPrivate()));

        assertThat(refusal(config(SECRET, null, "", ""), token)).contains("Another algorithm expected");
    }

    @Test
    void aSecretIsForHashesThatAreNotLongerThanItself() {
        String shortSecret = "0123456789abcdef".repeat(2);

        assertThat(refusal(
                        config(shortSecret, null, "", ""),
                        signed(header(JWSAlgorithm.HS512), GOOD, SECRET.getBytes(StandardCharsets.UTF_8))))
                .contains("Another algorithm expected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "nOnE"})
    void aTokenThatNobodySignedIsRefused(String none) {
        String head = encoded("{\"alg\":\"" + none + "\"}") + "." + encoded(GOOD) + ".";

        refusal(config(SECRET, null, "", ""), head);
        refusal(config(SECRET, null, "", ""), head + "AAAA");
        refusal(config("", RSA.getPublic(), "", ""), head);
    }

    @Test
    void aChangedTokenIsRefused() {
        String[] parts = signed(GOOD).split("\\.", -1);
        String other = encoded(GOOD.replace("alice", "mallory"));

        assertThat(refusal(config(SECRET, null, "", ""), parts[0] + "." + other + "." + parts[2]))
                .contains("Invalid signature");
        refusal(config(SECRET, null, "", ""), parts[0] + "." + parts[1] + ".");
        refusal(config("x".repeat(32), null, "", ""), String.join(".", parts));
    }

    /** RFC 7515, section 4.1.11. */
    @Test
    void aHeaderThatHasToBeUnderstoodAndIsNotIsRefused() {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256)
                .criticalParams(new HashSet<>(Set.of("exp-by-moon")))
                .customParam("exp-by-moon", true)
                .build();

        refusal(config(SECRET, null, "", ""), signed(header, GOOD, SECRET.getBytes(StandardCharsets.UTF_8)));
    }

    /** RFC 9068 for the second; RFC 7515, section 4.1.9, for the prefix. */
    @ParameterizedTest
    @ValueSource(strings = {"JWT", "at+jwt", "application/jwt", "application/at+jwt", "AT+JWT"})
    void aTokenForAccessIsGoodHoweverItsTypeIsWritten(String type) {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256)
                .type(new JOSEObjectType(type))
                .build();
        assertThat(grant(config(SECRET, null, "", ""), signed(header, GOOD, SECRET.getBytes(StandardCharsets.UTF_8)))
                        .user())
                .isEqualTo(new UserId("alice"));
    }

    @Test
    void aTokenOfAnotherTypeIsRefused() {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256)
                .type(new JOSEObjectType("logout+jwt"))
                .build();

        refusal(config(SECRET, null, "", ""), signed(header, GOOD, SECRET.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a.b", "a.b.c", "a.b.c.d.e", "{}", "\u0000", "eyJhbGciOiJIUzI1NiJ9..", "é"})
    void whatIsNoTokenIsRefused(String text) {
        assertThat(catchMessage(text)).startsWith("token: ");
    }

    private static String catchMessage(String token) {
        try {
            grant(config(SECRET, null, "", ""), token);
            return "taken";
        } catch (CompletionException e) {
            return ((RequestException) e.getCause()).message();
        }
    }

    @Test
    void aTokenThatIsTooLongIsRefusedBeforeItIsParsed() {
        String claims = "{\"sub\":\"alice\",\"exp\":1800000060,\"pad\":\"" + "x".repeat(8192) + "\"}";

        assertThat(refusal(claims)).contains("longer than 8192");
    }

    @Test
    void aTokenOfDeepNestingIsRefused() {
        assertThat(refusal(
                        "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":" + "[".repeat(2500) + "]".repeat(2500) + "}"))
                .startsWith("token: ");
    }

    @ParameterizedTest
    @CsvSource({
        "1800000060,,true",
        "1799999975,,true",
        "1799999970,,false",
        "1799999000,,false",
        "1800000060,1800000025,true",
        "1800000060,1800000040,false"
    })
    void theTimesHoldWithinTheSkew(long exp, @Nullable Long nbf, boolean good) {
        String claims = "{\"sub\":\"alice\",\"exp\":" + exp + (nbf == null ? "" : ",\"nbf\":" + nbf) + "}";

        if (good) {
            assertThat(grant(claims).expiresAtMs()).isEqualTo(exp * 1000);
            assertThat(grant(claims).endsAtMs()).isEqualTo(exp * 1000 + 30_000);
        } else {
            refusal(claims);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"sub\":\"alice\"}",
                "{\"exp\":1800000060}",
                "{\"sub\":\"\",\"exp\":1800000060}",
                "{\"sub\":\"a\\u0007b\",\"exp\":1800000060}",
                "{\"sub\":null,\"exp\":1800000060}",
                "{\"sub\":\"alice\",\"exp\":\"tomorrow\"}",
                "{\"sub\":\"alice\",\"exp\":null}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":{}}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[7]}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[{\"can\":[\"join\"]}]}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[{\"match\":\"\",\"can\":[\"join\"]}]}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[{\"match\":\"*\",\"can\":\"join\"}]}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"limits\":7}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"limits\":{\"connections\":0}}",
                "{\"sub\":\"alice\",\"exp\":1800000060,\"limits\":{\"messages_per_second\":1.5}}",
                "[]",
                "\"alice\""
            })
    void aClaimThatIsMissingOrNoneOfItsKindIsRefused(String claims) {
        refusal(claims);
    }

    @Test
    void patternsAreCountedAndMeasured() {
        String grant = "{\"match\":\"a\",\"can\":[]}";
        String many = (grant + ",").repeat(100) + grant;

        assertThat(refusal("{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[" + many + "]}"))
                .contains("rooms");
        assertThat(refusal("{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":[{\"match\":\"" + "a".repeat(256)
                        + "\",\"can\":[]}]}"))
                .contains("rooms[0].match");
        for (String direct : new String[] {"\"*\"", "[" + "\"a\",".repeat(100) + "\"a\"]", "[\"\"]", "[7]"}) {
            assertThat(refusal("{\"sub\":\"alice\",\"exp\":1800000060,\"direct\":" + direct + "}"))
                    .contains("direct");
        }
    }

    /** A user could else look like another to all others. */
    @Test
    void aSubjectThatTurnsTheDirectionOfTextIsRefused() {
        assertThat(refusal("{\"sub\":\"\u202eecila\",\"exp\":1800000060}"))
                .contains("sub")
                .contains("U+202E");
    }

    @Test
    void aSubjectLongerThanAUserIdIsRefused() {
        assertThat(refusal("{\"sub\":\"" + "a".repeat(129) + "\",\"exp\":1800000060}"))
                .contains("sub");
    }

    /** It would outlive a revocation. */
    @ParameterizedTest
    @CsvSource({
        "1800003600, 1800000000, true",
        "1800003630, 1800000000, true",
        "1800003631, 1800000000, false",
        "1800003000, 1799990000, false",
        "1800003630, , true",
        "1800003631, , false",
    })
    void aTokenThatLivesLongerThanTheMaxAgeIsRefused(long exp, @Nullable Long iat, boolean good) {
        String claims = "{\"sub\":\"alice\",\"exp\":" + exp + (iat == null ? "" : ",\"iat\":" + iat) + "}";
        if (good) {
            assertThat(grant(claims).expiresAtMs()).isEqualTo(exp * 1000);
        } else {
            assertThat(refusal(claims)).contains("auth.jwt.max-age");
        }
    }

    /** No revocation of today would be about it. */
    @ParameterizedTest
    @CsvSource({"1800000000, true", "1800000030, true", "1800000031, false", "1800000600, false"})
    void aTokenFromTheFutureIsRefusedBeyondTheSkew(long iat, boolean good) {
        String claims = "{\"sub\":\"alice\",\"exp\":1800000900,\"iat\":" + iat + "}";
        if (good) {
            assertThat(grant(claims).issuedAtS()).isEqualTo(iat);
        } else {
            assertThat(refusal(claims)).contains("iat");
        }
    }

    @Test
    void aTokenThatWasGoodIsKnownUntilItEndsAndIsRevokedAllTheSame() {
        long[] nowMs = {NOW_S * 1000};
        Revocations revocations = new Revocations(MAX_AGE_S * 1000, () -> nowMs[0]);
        String token = signed("{\"sub\":\"alice\",\"exp\":1800000020,\"iat\":1799999990}");
        InetAddress here = InetAddress.getLoopbackAddress();
        try (JwtAuthenticator authenticator =
                new JwtAuthenticator(config(SECRET, null, "", ""), () -> nowMs[0], revocations)) {
            assertThat(authenticator.known(token)).isNull();
            authenticator.authenticate(token, here).toCompletableFuture().join();
            assertThat(authenticator.known(token)).isNotNull();

            nowMs[0] += 50_000; // exp and the skew
            assertThat(authenticator.known(token)).isNull();
            assertThatThrownBy(() -> authenticator
                            .authenticate(token, here)
                            .toCompletableFuture()
                            .join())
                    .hasMessageContaining("token: ");

            nowMs[0] -= 50_000;
            revocations.add(new UserId("alice"), NOW_S);
            assertThatThrownBy(() -> authenticator
                            .authenticate(token, here)
                            .toCompletableFuture()
                            .join())
                    .hasMessageContaining("revoked");
        }
    }

    @Test
    void aTokenThatWasBadIsNotKnown() {
        try (JwtAuthenticator authenticator =
                new JwtAuthenticator(config(SECRET, null, "", ""), () -> NOW_S * 1000, new Revocations(0, () -> 0))) {
            String token =
                    signed(header(JWSAlgorithm.HS256), GOOD, "f".repeat(64).getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> authenticator
                            .authenticate(token, InetAddress.getLoopbackAddress())
                            .toCompletableFuture()
                            .join())
                    .isInstanceOf(CompletionException.class);
            assertThat(authenticator.known(token)).isNull();
        }
    }

    @Test
    void whomATokenClaimsToBeOfIsReadWithoutACheck() {
        assertThat(Claimed.subject(signed("{\"rooms\":[{\"sub\":\"eve\"}],\"sub\":\"alice\"}")))
                .isEqualTo("alice");
        for (String none :
                new String[] {"", "a.b.c", "..", "no.good.token", signed("{\"sub\":7}"), signed("[]"), "a.b"}) {
            assertThat(Claimed.subject(none)).isEmpty();
        }
    }

    @Test
    void aTokenThatWasIssuedBeforeItsUsersRevocationIsRefused() {
        Revocations revocations = new Revocations(MAX_AGE_S * 1000, () -> NOW_S * 1000);
        revocations.add(new UserId("alice"), NOW_S - 10);
        Auth config = config(SECRET, null, "", "");
        String form = "{\"sub\":\"%s\",\"exp\":1800000060%s}";

        for (String iat : new String[] {"", ",\"iat\":1799999989", ",\"iat\":\"x\""}) {
            assertThatThrownBy(() -> grant(config, signed(form.formatted("alice", iat)), revocations))
                    .as(iat)
                    .hasMessageContaining("token: ");
        }
        assertThat(grant(config, signed(form.formatted("alice", ",\"iat\":1799999990")), revocations)
                        .issuedAtS())
                .isEqualTo(NOW_S - 10);
        assertThat(grant(config, signed(form.formatted("bob", "")), revocations).user())
                .isEqualTo(new UserId("bob"));
    }

    @Test
    void issuerAndAudienceAreThoseOfTheConfiguration() {
        Auth config = config(SECRET, null, "https://id.example", "rooms");
        String both = "{\"sub\":\"alice\",\"exp\":1800000060,\"iss\":\"https://id.example\",\"aud\":[\"x\",\"rooms\"]}";

        assertThat(grant(config, signed(both)).user()).isEqualTo(new UserId("alice"));
        refusal(config, signed(both.replace("id.example", "evil.example")));
        refusal(config, signed(both.replace("\"rooms\"", "\"bills\"")));
        refusal(config, signed(GOOD));
    }

    /** RFC 7519, section 4.1.3: it is meant for somebody else. */
    @Test
    void aTokenForAnAudienceIsRefusedWhereNoneIsConfigured() {
        refusal("{\"sub\":\"alice\",\"exp\":1800000060,\"aud\":\"bills\"}");
    }

    @Test
    void rightsAreThoseOfTheGrantsThatMatch() {
        Grant grant = grant("{\"sub\":\"alice\",\"exp\":1800000060,\"rooms\":["
                + "{\"match\":\"team-7-*\",\"can\":[\"join\",\"write\"]},"
                + "{\"match\":\"*-news\",\"can\":[\"join\",\"history\",\"a right of a newer node\"]}]}");

        assertThat(grant.allows(new RoomId("team-7-a"), Right.WRITE)).isTrue();
        assertThat(grant.allows(new RoomId("team-7-a"), Right.HISTORY)).isFalse();
        assertThat(grant.allows(new RoomId("team-7-news"), Right.HISTORY)).isTrue();
        assertThat(grant.allows(new RoomId("team-8-news"), Right.WRITE)).isFalse();
        assertThat(grant.allows(new RoomId("team-8"), Right.JOIN)).isFalse();
        assertThat(grant.allows(new RoomId("team-7-a"), Right.PRESENCE)).isFalse();
    }

    @Test
    void withoutRoomsAndLimitsThereAreNone() {
        Grant grant = grant(GOOD);

        assertThat(grant.allows(new RoomId("a"), Right.JOIN)).isFalse();
        assertThat(grant.limits()).isEqualTo(UserLimits.NONE);
        assertThat(grant(
                                "{\"sub\":\"alice\",\"exp\":1800000060,\"limits\":{\"connections\":3,\"messages_per_second\":20}}")
                        .limits())
                .isEqualTo(new UserLimits(3, 20));
    }
}
