package io.roomwire.test.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.roomwire.test.client.Ledger.Report;
import io.roomwire.test.client.Ledger.View;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A ledger that finds nothing wrong proves something only if it finds each wrong. */
class LedgerTest {
    private final Ledger ledger = new Ledger();
    private final View view = ledger.view("ada", 0);

    @BeforeEach
    void threeAcks() {
        ledger.acked("a", "e", 1);
        ledger.acked("b", "e", 2);
        ledger.acked("c", "e", 3);
    }

    @Test
    void allInOrderIsKept() {
        see("a", 1, "b", 2, "c", 3);
        assertThat(ledger.assertKept()).isEqualTo(new Report(3, 1, 0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void theLastOneMissingIsLost() {
        see("a", 1, "b", 2);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 1, 0, 0, 0, 0, 0, 0));
        assertThatThrownBy(ledger::assertKept).hasMessageContaining("never saw c");
    }

    @Test
    void oneMissingBeforeALaterOneIsAHoleToo() {
        see("a", 1, "c", 3);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 1, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void seenAgainIsDoubled() {
        see("a", 1, "b", 2, "b", 2, "c", 3);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 0, 1, 0, 0, 0, 0, 0));
    }

    @Test
    void whatWasThereBeforeTheJoinIsDoubledToo() {
        View later = ledger.view("bob", 2);
        see("a", 1, "b", 2, "c", 3);
        later.saw("b", "e", 2);
        later.saw("c", "e", 3);
        assertThat(ledger.report().doubled()).isEqualTo(1);
    }

    @Test
    void seenAfterALaterOneIsReordered() {
        see("a", 1, "c", 3, "b", 2);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 0, 0, 1, 0, 0, 0, 0));
    }

    /** The history is a subscriber too, and what was never acked may have been seen. */
    @Test
    void seenByOneAndNotByAnotherIsLost() {
        View history = ledger.view("the history", 0);
        see("a", 1, "b", 2, "c", 3, "never acked", 4);
        history.saw("a", "e", 1);
        history.saw("b", "e", 2);
        history.saw("c", "e", 3);
        assertThat(ledger.report()).isEqualTo(new Report(3, 2, 1, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void whoIsToldOfANewEpochOwesAllThatFollowsAllTheSame() {
        see("a", 1);
        view.goesOnBehind(1);
        view.saw("c", "new", 3);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 1, 0, 0, 1, 0, 0, 1));
        view.saw("b", "new", 2);
        assertThat(ledger.report().lost()).isZero();
    }

    @Test
    void aLogThatLosesNothingSendsNobodyBackAndLeavesNothingOut() {
        see("a", 1, "b", 2);
        view.goesOnBehind(1);
        assertThat(ledger.report().contradictions()).isEqualTo(1);
        view.goesOnBehind(3);
        assertThat(ledger.report()).isEqualTo(new Report(3, 1, 2, 0, 0, 0, 2, 0, 2));
    }

    @Test
    void aLogThatMayLoseGivesASeqAgainInAnotherEpochAndOwesWhatItsHistoryHas() {
        Ledger lossy = Ledger.ofALogThatMayLose();
        View ada = lossy.view("ada", 0);
        ada.saw("a", "e", 1);
        ada.saw("lost", "e", 2);
        ada.goesOnBehind(1);
        View history = lossy.history();
        history.saw("a", "new", 1);
        history.saw("b", "new", 2);
        assertThat(lossy.report().lost()).isEqualTo(1);
        ada.saw("b", "new", 2);
        assertThat(lossy.assertKept().anew()).isEqualTo(1);
    }

    @Test
    void twoMessagesAtOnePlaceOfOneEpochContradictInAnyLog() {
        Ledger lossy = Ledger.ofALogThatMayLose();
        lossy.view("ada", 0).saw("x", "e", 1);
        lossy.view("bob", 0).saw("y", "e", 1);
        assertThat(lossy.report().contradictions()).isEqualTo(1);
    }

    @Test
    void namedAsGoneIsNotLost() {
        view.gap(1, 2);
        see("c", 3);
        assertThat(ledger.assertKept()).isEqualTo(new Report(3, 1, 0, 0, 0, 0, 0, 1, 0));
    }

    @Test
    void anotherMessageAtTheSameSeqContradicts() {
        see("a", 1, "x", 2, "c", 3);
        assertThat(ledger.report().contradictions()).isEqualTo(1);
    }

    @Test
    void oneMessageAtTwoSeqsContradicts() {
        see("a", 1, "b", 2, "c", 3, "a", 4);
        assertThat(ledger.report().contradictions()).isEqualTo(1);
    }

    @Test
    void oneMessageAckedTwiceDifferentlyContradicts() {
        see("a", 1, "b", 2, "c", 3);
        ledger.acked("c", "e", 4);
        assertThat(ledger.report().contradictions()).isPositive();
    }

    @Test
    void whatOneConnectionSendsAndIsStoredInAnotherOrderContradicts() {
        Ledger.Sending ada = ledger.sending("ada");
        ada.sent("b");
        ada.sent("a");
        ada.sent("c");
        assertThat(ledger.report().contradictions()).isEqualTo(1);
        assertThatThrownBy(ledger::assertKept)
                .hasMessageContaining("ada sent a, which is at 1, after one that is at 2");
    }

    @Test
    void whatWasRefusedOrSentAgainHasNoPlaceInTheOrder() {
        Ledger.Sending first = ledger.sending("ada");
        first.sent("c");
        first.sent("b");
        first.refused("b");
        first.sent("a");
        Ledger.Sending second = ledger.sending("ada");
        second.sent("a");
        assertThat(ledger.report().contradictions()).isZero();
    }

    private void see(Object... keysAndSeqs) {
        for (int i = 0; i < keysAndSeqs.length; i += 2) {
            view.saw((String) keysAndSeqs[i], "e", (Integer) keysAndSeqs[i + 1]);
        }
    }
}
