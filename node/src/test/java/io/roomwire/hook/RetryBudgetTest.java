package io.roomwire.hook;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private final RetryBudget budget = new RetryBudget();

    private int taken(int calls) {
        int taken = 0;
        for (int i = 0; i < calls; i++) {
            budget.called();
            taken += budget.take() ? 1 : 0;
        }
        return taken;
    }

    @Test
    void whenEverythingFailsATenthIsTriedAgain() {
        assertThat(taken(1000)).isBetween(100, 111);
        assertThat(taken(1000)).isEqualTo(100);
    }
}
