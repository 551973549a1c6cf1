package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResumptionTest {
    /** The first epoch kept all, the second may not have. */
    private static final Head HEAD =
            new Head(30, "third", 20, List.of(new PastEpoch("first", 10, true), new PastEpoch("second", 20, false)));

    private static Resumption of(Head head, String epoch, long after) {
        Resumption told = Resumption.of(head, epoch, after);
        return told == null ? Resumption.ofAnother(head, epoch, after) : told;
    }

    private static Resumption elsewhere(long after, boolean recovered, long uncertainAfter) {
        return new Resumption(after, recovered, true, uncertainAfter);
    }

    @Test
    void ofThePresentEpochNothingIsMissing() {
        assertThat(of(HEAD, "third", 25)).isEqualTo(new Resumption(25, true, false, Resumption.NOWHERE));
        assertThat(of(HEAD, "third", 3)).as("it had it from a page").isEqualTo(new Resumption(3, true, false, -1));
        assertThat(of(HEAD, null, 30)).isEqualTo(new Resumption(30, true, false, Resumption.NOWHERE));
    }

    @Test
    void ofAnEpochThatIsOverItGoesOnWhereItWasAndIsToldWhatMayBeMissing() {
        assertThat(of(HEAD, "second", 15)).isEqualTo(elsewhere(15, false, 20));
        assertThat(of(HEAD, "second", 20)).isEqualTo(elsewhere(20, false, 20));
        assertThat(of(HEAD, "first", 5)).as("the second may have lost some").isEqualTo(elsewhere(5, false, 20));
    }

    @Test
    void whatItSawAndTheLogLostIsNoPlaceToGoOnFrom() {
        assertThat(of(HEAD, "second", 23)).isEqualTo(elsewhere(20, false, 20));
        assertThat(of(HEAD, "first", 12)).as("though it is called whole").isEqualTo(elsewhere(10, false, 10));
    }

    @Test
    void ofEpochsThatKeptAllNothingIsMissing() {
        Head whole =
                new Head(30, "third", 20, List.of(new PastEpoch("first", 10, true), new PastEpoch("second", 20, true)));
        assertThat(of(whole, "first", 10)).isEqualTo(elsewhere(10, true, Resumption.NOWHERE));
        assertThat(of(whole, "second", 11)).isEqualTo(elsewhere(11, true, Resumption.NOWHERE));
    }

    @Test
    void anUnknownEpochGetsAllOfThePresentOneAndWhatIsBehindItsOwnSeq() {
        assertThat(Resumption.of(HEAD, "unheard of", 25))
                .as("a newer head may know it")
                .isNull();
        assertThat(of(HEAD, "unheard of", 25)).isEqualTo(elsewhere(20, false, 0));
        assertThat(of(new Head(7, "memory", 0, List.of()), "before the restart", 60))
                .isEqualTo(elsewhere(0, false, 0));
        assertThat(of(HEAD, "unheard of", 5)).isEqualTo(elsewhere(5, false, 0));
        assertThat(of(HEAD, null, 31)).as("it can be of no epoch of this log").isEqualTo(elsewhere(20, false, 0));
    }

    @Test
    void aLogThatLostItsEndGoesOnFromWhatIsLeft() {
        assertThat(of(HEAD, "third", 33)).isEqualTo(elsewhere(30, false, 30));
    }

    /** A node that has not read so far yet. */
    @Test
    void aHeadBeforeThatPlaceDoesNotTell() {
        assertThat(Resumption.of(HEAD.at(14), "second", 15)).isNull();
        assertThat(Resumption.of(HEAD.at(14), "third", 15)).isNull();
    }

    @Test
    void ofALogThatDoesNotKnowWhereItsEpochBeganItGetsWhatIsBehindItsOwnSeq() {
        assertThat(of(new Head(30, "third"), "second", 25)).isEqualTo(elsewhere(25, false, 0));
        assertThat(of(new Head(30, "third"), "second", 35)).isEqualTo(elsewhere(30, false, 0));
    }

    @Test
    void whoseMissedMessagesArePastRetentionIsNotRecovered() {
        assertThat(of(HEAD, "third", 25).behindAGap().recovered()).isFalse();
    }
}
