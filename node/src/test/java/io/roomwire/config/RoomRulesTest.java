package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.roomwire.config.RoomRules.Kind;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoomRulesTest {
    private static final Map<String, String> BOTH_SERVERS =
            Map.of("redis.uri", "redis://127.0.0.1", "postgres.uri", "postgres://127.0.0.1/rooms");

    private static RoomRules rules(Map<String, String> servers, String... flags) {
        Map<String, String> all = new HashMap<>(servers);
        for (int i = 0; i < flags.length; i += 2) {
            all.put(flags[i], flags[i + 1]);
        }
        return Config.of(Settings.load(null, Map.of(), all)).rooms().rules();
    }

    @Test
    void aRoomThatNoRuleFitsIsDurable() {
        RoomRules rules = rules(Map.of());

        assertThat(rules.of("lobby")).isEqualTo(Kind.DURABLE);
        assertThat(rules.of("cursors:lobby")).isEqualTo(Kind.EPHEMERAL);
        assertThat(rules.of("cursor")).isEqualTo(Kind.DURABLE);
    }

    @Test
    void theLongestPrefixThatFitsCountsWhicheverKeyItIsIn() {
        RoomRules rules = rules(
                BOTH_SERVERS, "rooms.ephemeral", "game-", "rooms.redis-log", "game-7-", "rooms.durable", "game-7-log-");

        assertThat(rules.of("game-1")).isEqualTo(Kind.EPHEMERAL);
        assertThat(rules.of("game-7-moves")).isEqualTo(Kind.REDIS_LOG);
        assertThat(rules.of("game-7-log-1")).isEqualTo(Kind.DURABLE);
    }

    @Test
    void personalRoomsAreRuledByTheirIdToo() {
        assertThat(rules(BOTH_SERVERS, "rooms.redis-log", "@").of("@alice")).isEqualTo(Kind.REDIS_LOG);
    }

    @Test
    void twoKeysMayNotHaveTheSamePrefix() {
        assertThatThrownBy(() -> rules(BOTH_SERVERS, "rooms.redis-log", "cursors:"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("rooms.redis-log")
                .hasMessageContaining("cursors:");
    }

    @Test
    void aRuleThatNamesALogThatIsNotThereIsRefusedByItsKey() {
        assertThatThrownBy(() -> rules(Map.of(), "rooms.redis-log", "lobby-"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("rooms.redis-log")
                .hasMessageContaining("redis.uri");
        assertThatThrownBy(() -> rules(Map.of("redis.uri", "redis://127.0.0.1"), "rooms.durable", "pay-"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("rooms.durable")
                .hasMessageContaining("postgres.uri");
    }
}
