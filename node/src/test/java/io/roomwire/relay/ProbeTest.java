package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.relay.Probe.Finding;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeTest {
    private final Probe probe = new Probe("Redis here");

    private Finding lost() {
        probe.taken(probe.next());
        return probe.judge(true);
    }

    private void isBack() {
        long number = probe.next();
        probe.taken(number);
        assertThat(probe.back(number)).isTrue();
    }

    private void becomesBroken() {
        for (int i = 0; i < Probe.MISSES; i++) {
            lost();
        }
        assertThat(probe.cause()).isNotNull();
    }

    @Test
    void whatComesBackIsFine() {
        for (int i = 0; i < 10; i++) {
            isBack();
            assertThat(probe.judge(true)).isEqualTo(Finding.NONE);
        }
        assertThat(probe.cause()).isNull();
    }

    @Test
    void itMayComeBackBeforeRedisSaysThatItTookIt() {
        long number = probe.next();
        probe.back(number);
        probe.taken(number);
        assertThat(probe.judge(true)).isEqualTo(Finding.NONE);
    }

    @Test
    void oneMissIsNoFaultYet() {
        assertThat(lost()).isEqualTo(Finding.MISSED);
        assertThat(probe.cause()).isNull();
    }

    @Test
    void theSecondMissInARowNamesTheCauseAndWantsTheSubscriptionMadeAnew() {
        lost();
        assertThat(lost()).isEqualTo(Finding.RESUBSCRIBE);
        assertThat(probe.cause()).isEqualTo("what is published at Redis here does not come back");
    }

    @Test
    void aMissThatIsForgottenInBetweenDoesNotCount() {
        for (int i = 0; i < 5; i++) {
            assertThat(lost()).isEqualTo(Finding.MISSED);
            isBack();
            assertThat(probe.judge(true)).isEqualTo(Finding.NONE);
        }
        assertThat(probe.cause()).isNull();
    }

    @Test
    void itIsBrokenUntilOneComesBackBeItLate() {
        becomesBroken();
        long late = probe.next();
        probe.taken(late);
        probe.judge(true);
        probe.taken(probe.next());
        assertThat(probe.cause()).isNotNull();
        assertThat(probe.back(late)).isFalse();
        assertThat(probe.cause()).isNull();
    }

    @Test
    void whatDoesNotHelpIsTriedLessAndLessOftenAndOnBothConnections() {
        List<Integer> pauses = new ArrayList<>();
        List<Finding> remedies = new ArrayList<>();
        int pause = 0;
        while (pauses.size() < 7) {
            Finding finding = lost();
            pause++;
            if (finding != Finding.MISSED) {
                remedies.add(finding);
                pauses.add(pause);
                pause = 0;
            }
        }
        assertThat(pauses).containsExactly(2, 4, 8, 16, 32, 32, 32);
        assertThat(remedies).startsWith(Finding.RESUBSCRIBE, Finding.RECONNECT, Finding.RESUBSCRIBE, Finding.RECONNECT);
    }

    @Test
    void afterANewConnectionNothingIsJudgedThatWasNotSentOverIt() {
        becomesBroken();
        assertThat(probe.judge(true)).isEqualTo(Finding.NONE);
    }

    @Test
    void aRedisThatAnswersOnNeitherConnectionIsAway() {
        for (int i = 0; i < 10; i++) {
            probe.unanswered(probe.next());
            assertThat(probe.judge(false)).isEqualTo(Finding.NONE);
        }
        assertThat(probe.cause()).isNull();
    }

    @Test
    void aRedisThatAnswersOnlyToTheSubscriptionWantsTheOtherConnectionMadeAnew() {
        probe.unanswered(probe.next());
        assertThat(probe.judge(true)).isEqualTo(Finding.MISSED);
        probe.unanswered(probe.next());
        assertThat(probe.judge(true)).isEqualTo(Finding.RECONNECT);
        assertThat(probe.cause()).contains("Redis here does not answer");
    }

    @Test
    void anAnswerIsOwedToWhatCameBackToo() {
        for (int i = 0; i < Probe.MISSES; i++) {
            long number = probe.next();
            probe.back(number);
            probe.unanswered(number);
            probe.judge(true);
        }
        assertThat(probe.cause()).contains("does not answer");
        isBack();
        assertThat(probe.cause()).isNull();
    }

    @Test
    void aRefusalIsNamed() {
        probe.refused(probe.next(), "NOPERM no channel");
        probe.judge(true);
        probe.refused(probe.next(), "NOPERM no channel");
        assertThat(probe.judge(true)).isEqualTo(Finding.RECONNECT);
        assertThat(probe.cause()).isEqualTo("Redis here refuses to publish: NOPERM no channel");
    }

    @Test
    void whereThereIsNoSubscriptionThatIsTheCauseAndNothingIsMadeAnewForIt() {
        for (int i = 0; i < 3 * Probe.MOST_MISSES; i++) {
            probe.taken(probe.next("no room for one more"));
            assertThat(probe.judge(false)).isEqualTo(Finding.MISSED);
        }
        assertThat(probe.cause())
                .isEqualTo("Redis here takes what is published, and gives no subscription: no room for one more");
        isBack();
        assertThat(probe.cause()).isNull();
        assertThat(probe.judge(true)).isEqualTo(Finding.NONE);
        assertThat(lost()).isEqualTo(Finding.MISSED);
    }

    @Test
    void whereThereIsNoSubscriptionAndNoAnswerEitherRedisIsAway() {
        for (int i = 0; i < 10; i++) {
            probe.unanswered(probe.next("connection lost"));
            assertThat(probe.judge(false)).isEqualTo(Finding.NONE);
        }
        assertThat(probe.cause()).isNull();
    }
}
