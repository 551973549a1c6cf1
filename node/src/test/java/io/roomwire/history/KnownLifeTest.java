package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class KnownLifeTest {
    private static final KnownLife SECOND = new KnownLife(2, "e2", "7/00000002/16384", 1_700_000_000_000_000L, 500);

    @Test
    void whatIsWrittenIsReadAgain() {
        assertThat(KnownLife.of(SECOND.text())).isEqualTo(SECOND);
        assertThat(KnownLife.of(KnownLife.NONE.text())).isEqualTo(KnownLife.NONE);
    }

    @Test
    void whatIsOfNoSuchFormIsNothingKnown() {
        assertThat(List.of("", "2 e2", "2 e2 7/2/1 x 3", "2 e2 7/2/1 3 4 5"))
                .extracting(KnownLife::of)
                .containsOnly(KnownLife.NONE);
    }

    @Test
    void theNewerLifeCountsAndWithinOneThePlace() {
        assertThat(SECOND.isNewerThan(new KnownLife(1, "e1", "7/00000001/16384", 1, 9000)))
                .isTrue();
        assertThat(SECOND.at(501).isNewerThan(SECOND)).isTrue();
        assertThat(SECOND.isNewerThan(SECOND.at(501))).isFalse();
        assertThat(SECOND.at(501).isNewerThan(new KnownLife(2, "fork", "7/00000002/16384", 1, 1)))
                .as("of two with one number none is newer")
                .isFalse();
    }

    @Test
    void aLaterTimelineIsLaterWithinOneSystem() {
        assertThat(SECOND.isLaterThan("7/00000001/16384")).isTrue();
        assertThat(SECOND.isLaterThan("7/00000002/16384")).isFalse();
        assertThat(SECOND.isLaterThan("7/0000000A/16384")).isFalse();
        assertThat(SECOND.isLaterThan("8/00000001/16384")).isFalse();
        assertThat(KnownLife.NONE.isLaterThan("7/00000001/16384")).isFalse();
        assertThat(SECOND.isBefore("7/0000000A/16384")).isTrue();
        assertThat(SECOND.isBefore("7/00000002/16384")).isFalse();
        assertThat(SECOND.isBefore("8/0000000A/16384")).isFalse();
        assertThat(KnownLife.NONE.isBefore("7/00000001/16384")).isFalse();
    }
}
