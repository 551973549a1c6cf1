package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdRulesTest {
    private final IdRules strict = new IdRules(false);

    @ParameterizedTest
    @ValueSource(ints = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069})
    void whatTurnsTheDirectionOfTextIsNamedWithItsPlace(int control) {
        UserId user = new UserId("al" + (char) control + "ice");
        assertThatThrownBy(() -> strict.check(user))
                .hasMessageContaining("user_id")
                .hasMessageContaining(String.format("U+%04X", control))
                .hasMessageContaining("position 2");
        assertThatThrownBy(() -> strict.check(RoomId.personalOf(user))).hasMessageContaining("room_id");
        assertThatCode(() -> new IdRules(true).check(user)).doesNotThrowAnyException();
    }

    /** Marks and joiners belong to how names are written. */
    @ParameterizedTest
    @ValueSource(ints = {0x200C, 0x200D, 0x200E, 0x200F, 0x061C, 0x05D0, 0x2065, 0x206A})
    void whatStandsBesideThemIsNoneOfThem(int other) {
        assertThatCode(() -> strict.check(new RoomId("r" + (char) other))).doesNotThrowAnyException();
    }

    @Test
    void everyRequestThatNamesSomebodyIsLookedAt() {
        UserId user = new UserId("\u202eecila");
        RoomId room = new RoomId("r");
        for (Request request : new Request[] {
            new Request.Join("7", room, user, null, null, false),
            new Request.Direct("7", user, new byte[0]),
            new Request.Leave("7", RoomId.personalOf(user)),
        }) {
            assertThatThrownBy(() -> strict.checked(request))
                    .isInstanceOfSatisfying(
                            RequestException.class,
                            e -> assertThat(e.requestId()).isEqualTo("7"));
        }
        Request.Join unnamed = new Request.Join(null, room, null, null, null, false);
        assertThat(strict.checked(unnamed)).isSameAs(unnamed);
    }
}
