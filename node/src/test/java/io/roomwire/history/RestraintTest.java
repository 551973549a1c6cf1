package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RestraintTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Restraint restraint = new Restraint(() -> 1);

    @Test
    void pausesGrowToASecondAndEndWithSuccess() {
        long[] pausesMs = {100, 200, 400, 800, 1000, 1000};
        for (int i = 0; i < pausesMs.length; i++) {
            restraint.failed(0);
            assertThat(restraint.mayTry(pausesMs[i] * MS - 1)).as("pause %d", i).isFalse();
            assertThat(restraint.mayTry(pausesMs[i] * MS)).as("pause %d", i).isTrue();
        }
        restraint.succeeded();
        assertThat(restraint.mayTry(0)).isTrue();
    }

    @Test
    void nodesThatSawTheSameFailureComeBackApart() {
        Restraint early = new Restraint(() -> 0);
        early.failed(0);
        assertThat(early.mayTry(50 * MS)).isTrue();
        restraint.failed(0);
        assertThat(restraint.mayTry(50 * MS)).isFalse();
    }

    @Test
    void aSmallGroupTriesFirstAndGroupsGrowAgainAsTheyAreStored() {
        assertThat(restraint.mostAtOnce()).isEqualTo(Restraint.MAX_GROUP);
        restraint.failed(0);
        assertThat(restraint.mostAtOnce()).isEqualTo(16);
        restraint.failed(0);
        assertThat(restraint.mostAtOnce()).isEqualTo(1);
        restraint.succeeded();
        assertThat(restraint.mostAtOnce()).isEqualTo(2);
        for (int i = 0; i < 10; i++) {
            restraint.succeeded();
        }
        assertThat(restraint.mostAtOnce()).isEqualTo(Restraint.MAX_GROUP);
    }
}
