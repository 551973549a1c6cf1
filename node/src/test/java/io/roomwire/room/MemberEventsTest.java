package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemberEventsTest {
    private final MemberEvents.Told told = new MemberEvents.Told();

    @Test
    void someAreToldAtOnceAndThenWhatIsSoOnceInAWhile() {
        for (int i = 0; i < MemberEvents.AT_ONCE; i++) {
            assertThat(told.changed(i % 2 == 0)).isTrue();
        }
        for (int i = 0; i < 1001; i++) {
            assertThat(told.changed(i % 2 == 0)).isFalse();
        }
        assertThat(told.aWhileLater()).as("it was told as gone, and is here").isTrue();
        assertThat(told.changed(false)).isFalse();
        assertThat(told.changed(true)).isFalse();
        assertThat(told.aWhileLater()).as("it is as it was told").isFalse();
    }

    @Test
    void afterASilenceNothingIsRemembered() {
        told.changed(true);
        assertThat(told.isOver()).isFalse();
        assertThat(told.aWhileLater()).isFalse();
        assertThat(told.isOver()).isTrue();
    }
}
