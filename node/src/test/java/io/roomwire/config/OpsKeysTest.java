package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpsKeysTest {
    private static final String KEY = "0123456789abcdef0123456789abcdef";

    private static OpsKeys keys(String text) {
        return Config.of(Settings.load(null, Map.of("ROOMWIRE_OPS_KEYS", text), Map.of()))
                .opsKeys();
    }

    @Test
    void severalAreSeparatedByCommasOrLineEnds() {
        assertThat(keys(KEY + ", " + KEY + "1\n" + KEY + "2\n").all())
                .containsExactly(new Secret(KEY), new Secret(KEY + "1"), new Secret(KEY + "2"));
        assertThat(keys("").isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"short-and-weak", KEY + ",weak", KEY + ",,", KEY + "ü"})
    void aShortKeyIsRefusedAndNotShown(String text) {
        assertThatThrownBy(() -> keys(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("ops-keys: expected keys of at least 32")
                .hasMessageNotContaining(text);
    }

    @Test
    void noFlagMaySetThem() {
        assertThatThrownBy(() -> Config.of(Settings.load(null, Map.of(), Map.of("ops-keys", KEY))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("ROOMWIRE_OPS_KEYS_FILE");
    }
}
