package io.roomwire.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomPatternTest {
    @ParameterizedTest
    @CsvSource({
        "team-7-*,team-7-",
        "team-7-*,team-7-x",
        "*,anything",
        "**,anything",
        "*-7,team-7",
        "a*c,ac",
        "a*c,abbc",
        "a*b*c,aXbYc",
        "a*ab*b,aabb",
        "lobby,lobby",
        "a.c,a.c",
        "a*,a*"
    })
    void theseMatch(String pattern, String id) {
        assertThat(new RoomPattern(pattern).matches(id)).isTrue();
    }

    /** Nothing but the star is special; beginning and end do not overlap. */
    @ParameterizedTest
    @CsvSource({
        "team-7-*,team-7",
        "team-7-*,team-70-x",
        "team-7-*,xteam-7-x",
        "lobby,lobby2",
        "lobby,Lobby",
        "a.c,abc",
        "a?c,abc",
        "[ab],a",
        "aba*aba,aba",
        "aba*aba,ababa",
        "a*b*c,acb",
        "a*ab*b,aab"
    })
    void theseDoNot(String pattern, String id) {
        assertThat(new RoomPattern(pattern).matches(id)).isFalse();
    }

    /** The ids here are far longer than any room's, so that a square or worse would take hours. */
    @Test
    void noPatternTakesLongerThanTheIdIsLong() {
        String id = "a".repeat(4_000_000);
        RoomPattern stars = new RoomPattern("*a".repeat(100) + "*b");
        RoomPattern almost = new RoomPattern("*" + "a".repeat(100_000) + "b*");

        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertThat(stars.matches(id)).isFalse();
            assertThat(almost.matches(id)).isFalse();
        });
    }
}
