package io.roomwire.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PageBudgetTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final PageBudget budget = new PageBudget(100, 5 * SECOND_NS);
    private final List<String> told = new ArrayList<>();

    private PageBudget.Claim claim(String name, long bytes) {
        return new PageBudget.Claim() {
            @Override
            public long bytes() {
                return bytes;
            }

            @Override
            public long sinceNs() {
                return 0;
            }

            @Override
            public void granted() {
                told.add(name);
            }

            @Override
            public void tooSlow() {
                told.add(name + " is too slow");
            }

            @Override
            public void tooLate() {
                told.add(name + " is too late");
            }
        };
    }

    private PageBudget.Claim asked(String name, long bytes) {
        PageBudget.Claim claim = claim(name, bytes);
        budget.ask(claim);
        return claim;
    }

    @Test
    void whoFindsNothingLeftWaitsInLine() {
        PageBudget.Claim first = asked("first", 60);
        PageBudget.Claim large = asked("large", 60);
        asked("small", 10);
        assertThat(told).as("nobody overtakes").containsExactly("first");
        budget.giveBack(first);
        assertThat(told).containsExactly("first", "large", "small");
        budget.giveBack(large);
        assertThat(budget.usedBytes()).isEqualTo(10);
    }

    @Test
    void whatIsLargerThanTheWholeIsGrantedAlone() {
        PageBudget.Claim first = asked("first", 10);
        asked("giant", 1000);
        assertThat(told).containsExactly("first");
        budget.giveBack(first);
        assertThat(told).containsExactly("first", "giant");
    }

    @Test
    void whoHoldsForTooLongHasToGoOnlyWhileOthersWait() {
        PageBudget.Claim slow = asked("slow", 100);
        budget.sending(slow, 0);
        assertThat(budget.look(10 * SECOND_NS)).isFalse();
        PageBudget.Claim other = asked("other", 10);
        assertThat(budget.look(5 * SECOND_NS)).isTrue();
        assertThat(told).containsExactly("slow");
        assertThat(budget.look(6 * SECOND_NS)).isTrue();
        assertThat(told).containsExactly("slow", "slow is too slow");
        budget.giveBack(other);
        assertThat(budget.look(60 * SECOND_NS)).isFalse();
    }

    /** The log does not answer: nobody is too slow. */
    @Test
    void whoWaitsForTooLongIsTold() {
        PageBudget.Claim held = asked("held", 100);
        PageBudget.Claim other = asked("other", 10);
        budget.look(31 * SECOND_NS);
        assertThat(told).containsExactly("held", "other is too late");
        assertThat(budget.knows(other)).isFalse();
        assertThat(budget.knows(held)).isTrue();
    }
}
