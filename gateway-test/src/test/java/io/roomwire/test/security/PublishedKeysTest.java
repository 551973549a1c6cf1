package io.roomwire.test.security;

import static io.roomwire.test.client.RawClient.upgrade;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node that gets the keys for its tokens from an identity provider's URL. */
class PublishedKeysTest {
    private static final RSAKey FIRST = rsa("first");
    private static final RSAKey SECOND = rsa("second");
    private static final ECKey THIRD = ec("third");

    /** Longer than a node waits for an answer. */
    private static final long HANG_MS = 4000;

    private HttpServer provider;
    private volatile String published = "";
    private volatile int status = 200;
    private volatile boolean hangs;

    private static RSAKey rsa(String name) {
        try {
            return new RSAKeyGenerator(2048).keyID(name).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static ECKey ec(String name) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(name).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void aProvider() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/jwks", exchange -> {
            if (hangs) {
                LockSupport.parkNanos(HANG_MS * 1_000_000);
            }
            byte[] body = published.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        provider.setExecutor(Executors.newCachedThreadPool());
        provider.start();
    }

    @AfterEach
    void isGone() {
        provider.stop(0);
    }

    private void publish(JWK... keys) {
        published = new JWKSet(List.of(keys)).toString(true);
    }

    private TestCluster start() {
        return TestCluster.aCluster()
                .with(
                        "auth.jwt.jwks-url",
                        "http://127.0.0.1:" + provider.getAddress().getPort() + "/jwks")
                .start();
    }

    private static String signed(RSAKey key) throws JOSEException {
        return signed(key, "alice");
    }

    private static String signed(RSAKey key, String user) throws JOSEException {
        return Token.of(user)
                .all("*")
                .signed(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .keyID(key.getKeyID())
                                .build(),
                        new RSASSASigner(key));
    }

    private static int status(TestNode node, String token) {
        try (RawClient client = RawClient.connect(node)) {
            return client.exchange(upgrade("/ws", "Authorization: Bearer " + token))
                    .status();
        }
    }

    @Test
    void aKeyThatIsPublishedLaterCountsAtOnceAndOneThatNeverIsDoesNot() throws JOSEException {
        publish(FIRST);
        try (TestCluster cluster = start()) {
            TestNode node = cluster.node();
            assertThat(status(node, signed(FIRST))).isEqualTo(101);

            publish(FIRST, SECOND, THIRD);

            assertThat(status(node, signed(SECOND))).isEqualTo(101);
            String elliptic = Token.of("alice")
                    .signed(
                            new JWSHeader.Builder(JWSAlgorithm.ES256)
                                    .keyID("third")
                                    .build(),
                            new ECDSASigner(THIRD));
            assertThat(status(node, elliptic)).isEqualTo(101);
            assertThat(status(node, signed(rsa("second")))).isEqualTo(401);
            // The provider is asked twice in 30 s at most, so that one may be told to come back in place of no.
            assertThat(status(node, signed(rsa("stranger")))).isIn(401, 503);
        }
    }

    @Test
    void aFrameIsCheckedWithPublishedKeysToo() throws JOSEException {
        publish(FIRST);
        try (TestCluster cluster = start()) {
            TestClient alice = TestClient.connect(cluster.node());
            assertThat(alice.ask("auth", "token", signed(FIRST)).type()).isEqualTo("authenticated");
            alice.join("published");
            alice.close();
        }
    }

    @Test
    void aProviderThatIsAwayIsNoReasonToForgetItsKeys() throws JOSEException {
        publish(FIRST);
        try (TestCluster cluster = start()) {
            TestNode node = cluster.node();
            assertThat(status(node, signed(FIRST))).isEqualTo(101);

            status = 500;

            // Makes the node ask, and find out.
            status(node, signed(SECOND));
            await().until(() -> node.output().contains("auth.jwt.jwks-url"));
            assertThat(status(node, signed(FIRST))).isEqualTo(101);
            assertThat(node.health().get("token-keys").asText()).isEqualTo("down");
            assertThat(node.metrics().value("roomwire_token_keys_fresh")).isZero();
        }
    }

    /** Nobody is told that a good token is bad. */
    @Test
    void withoutAnyKeysTheAnswerIsToComeBackLater() throws JOSEException {
        status = 500;
        try (TestCluster cluster = start()) {
            assertThat(status(cluster.node(), signed(FIRST))).isEqualTo(503);
            TestClient alice = TestClient.connect(cluster.node());
            assertThat(alice.ask("auth", "token", signed(FIRST)).get("code")).isEqualTo("unavailable");
            alice.close();
        }
    }

    @Test
    void aKeyThatCannotBeReadIsPassedOver() throws JOSEException {
        published =
                "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"odd\"},7,{\"kty\":\"EC\",\"crv\":\"P-257\",\"x\":\"\",\"y\":\"\"},"
                        + "{\"kty\":\"AKP\",\"kid\":\"new\"},"
                        + FIRST.toPublicJWK().toJSONString() + "]}";
        try (TestCluster cluster = start()) {
            assertThat(status(cluster.node(), signed(FIRST))).isEqualTo(101);
            assertThat(cluster.node().output()).contains("passed over");
        }
    }

    /** A provider that does not answer: whoever invents names of keys makes a thread wait for it. */
    @Test
    void inventedKeysDoNotDelayTokensWhoseKeyIsKnown() throws Exception {
        publish(FIRST);
        try (TestCluster cluster = start()) {
            TestNode node = cluster.node();
            assertThat(status(node, signed(FIRST))).isEqualTo(101);
            hangs = true;
            List<RawClient> inventors = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                RawClient client = RawClient.connect(node);
                inventors.add(client);
                client.send(upgrade("/ws", "Authorization: Bearer " + signed(SECOND, "user-" + i)));
            }
            long startNs = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                assertThat(status(node, signed(FIRST, "honest-" + i))).isEqualTo(101);
            }
            assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(HANG_MS);
            inventors.forEach(RawClient::close);
        } finally {
            hangs = false;
        }
    }

    @Test
    void aSecretAmongPublishedKeysIsNoneAndTheBytesOfAPublicKeyAreNone() throws JOSEException {
        OctetSequenceKey secret = new OctetSequenceKey.Builder(Token.SECRET.getBytes(StandardCharsets.UTF_8))
                .keyID("secret")
                .build();
        // JWKSet leaves secrets out when it is asked for what is public, so it is put in by hand.
        published = "{\"keys\":[" + FIRST.toPublicJWK().toJSONString() + "," + secret.toJSONString() + "]}";
        try (TestCluster cluster = start()) {
            TestNode node = cluster.node();
            JWSHeader header =
                    new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("secret").build();
            assertThat(status(node, Token.of("alice").signed(header, new MACSigner(Token.SECRET))))
                    .isEqualTo(401);
            JWSHeader confused =
                    new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("first").build();
            assertThat(status(
                            node,
                            Token.of("alice")
                                    .signed(
                                            confused,
                                            new MACSigner(FIRST.toPublicKey().getEncoded()))))
                    .isEqualTo(401);
        }
    }
}
