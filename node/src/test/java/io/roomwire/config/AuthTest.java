package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthTest {
    private static Settings set(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put("ROOMWIRE_AUTH_JWT_" + variables[i], variables[i + 1]);
        }
        return Settings.load(null, environment, Map.of());
    }

    private static ConfigException refusal(String... variables) {
        ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> Config.of(set(variables)));
        assertThat(refusal).as("it is refused").isNotNull();
        return refusal;
    }

    private static PublicKey key(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (bits > 0) {
            generator.initialize(bits);
        }
        return generator.generateKeyPair().getPublic();
    }

    private static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    @Test
    void withoutAKeyItIsOpen() {
        assertThat(Config.of(set()).auth().isOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hush", "0123456789abcdef0123456789abcde"})
    void aSecretOfLessThan256BitsIsRefusedAndNotShown(String weak) {
        assertThat(refusal("SECRET", weak))
                .hasMessageStartingWith("auth.jwt.secret: expected at least 32 random bytes")
                .hasMessageNotContaining(weak);
    }

    @ParameterizedTest
    @CsvSource({"RSA,2048", "EC,256", "EC,384", "EC,521", "Ed25519,0"})
    void publicKeysOfTheseKindsAreRead(String algorithm, int bits) throws GeneralSecurityException {
        PublicKey key = key(algorithm, bits);

        assertThat(Config.of(set("PUBLIC_KEY", pem(key))).auth().publicKey()).isEqualTo(key);
    }

    @Test
    void aWeakKeyOrNoneIsRefused() throws GeneralSecurityException {
        String weak = pem(key("RSA", 1024));

        assertThat(refusal("PUBLIC_KEY", weak)).hasMessageStartingWith("auth.jwt.public-key: expected ");
        assertThat(refusal("PUBLIC_KEY", pem(key("X25519", 0))))
                .hasMessageStartingWith("auth.jwt.public-key: expected ");
        assertThat(refusal("PUBLIC_KEY", "a secret")).hasMessageStartingWith("auth.jwt.public-key: expected ");
        assertThat(refusal("PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"))
                .hasMessageStartingWith("auth.jwt.public-key: expected ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://id.example/jwks", "http://127.0.0.1:1/jwks", "http://localhost/jwks"})
    void aUrlOfKeysIsSafeFromThoseInBetween(String url) {
        assertThat(Config.of(set("JWKS_URL", url)).auth().jwksUrl()).hasToString(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://192.0.2.1/jwks", "file:///etc/passwd", "jwks", "https:///jwks", "ht tp://x"})
    void anyOtherUrlIsRefused(String url) {
        assertThat(refusal("JWKS_URL", url)).hasMessageStartingWith("auth.jwt.jwks-url: expected https://");
    }

    @Test
    void onlyOneOfTheThreeMayBeSet() {
        assertThat(refusal("SECRET", "0123456789abcdef".repeat(2), "JWKS_URL", "https://id.example/jwks"))
                .hasMessageStartingWith("auth.jwt.jwks-url: expected nothing, since auth.jwt.secret is set");
    }

    @ParameterizedTest
    @CsvSource({"ISSUER,auth.jwt.issuer", "AUDIENCE,auth.jwt.audience"})
    void whatWouldBeCheckedInNoTokenIsRefused(String variable, String key) {
        assertThat(refusal(variable, "x")).hasMessageStartingWith(key + ": expected nothing");
    }
}
