package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class SequencerTest {
    private final List<Long> passed = new ArrayList<>();
    private final List<Long> dropped = new ArrayList<>();

    private Sequencer<Long> sequencer(long head) {
        passed.clear();
        dropped.clear();
        return new Sequencer<>(head, passed::add, dropped::add, item -> 1, 100);
    }

    private static List<Long> seqs(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    private static void offer(Sequencer<Long> sequencer, long... seqs) {
        for (long seq : seqs) {
            sequencer.offer(seq, seq);
        }
    }

    @Property
    void whateverTheOrderAndTheRepeatsEachPassesOnceAndInTurn(
            @ForAll Random random,
            @ForAll @LongRange(max = 1000) long head,
            @ForAll @IntRange(min = 1, max = 60) int count,
            @ForAll @IntRange(max = 60) int repeats) {
        List<Long> coming = new ArrayList<>(seqs(head + 1, head + count));
        for (int i = 0; i < repeats; i++) {
            coming.add(head + count - random.nextInt(count + (int) Math.min(head, 5)));
        }
        Collections.shuffle(coming, random);
        Sequencer<Long> sequencer = sequencer(head);

        for (long seq : coming) {
            sequencer.offer(seq, seq);
            assertThat(passed).as("no hole at any time").isEqualTo(seqs(head + 1, sequencer.passed()));
        }

        assertThat(passed).isEqualTo(seqs(head + 1, head + count));
        assertThat(dropped).hasSize(repeats);
        assertThat(sequencer.hasHole()).isFalse();
    }

    @Property
    void everyItemPassesOrIsDroppedOnceEvenOverSkips(
            @ForAll Random random,
            @ForAll @IntRange(min = 1, max = 40) int count,
            @ForAll @IntRange(max = 5) int skips) {
        List<Long> coming = new ArrayList<>(seqs(1, count));
        Collections.shuffle(coming, random);
        Sequencer<Long> sequencer = sequencer(0);

        for (long seq : coming) {
            sequencer.offer(seq, seq);
            if (random.nextInt(count) < skips) {
                sequencer.skipTo(random.nextInt(count));
            }
        }
        sequencer.clear();

        assertThat(passed).isSorted().doesNotHaveDuplicates();
        List<Long> all = new ArrayList<>(passed);
        all.addAll(dropped);
        assertThat(all).containsExactlyInAnyOrderElementsOf(seqs(1, count));
    }

    @Example
    void whatCameEarlyWaitsForTheHoleToBeFilled() {
        Sequencer<Long> sequencer = sequencer(4);
        offer(sequencer, 7, 6);

        assertThat(passed).isEmpty();
        assertThat(sequencer.hasHole()).isTrue();
        offer(sequencer, 5);

        assertThat(passed).containsExactly(5L, 6L, 7L);
        assertThat(sequencer.hasHole()).isFalse();
        assertThat(sequencer.passed()).isEqualTo(7);
    }

    @Example
    void theFirstOfTwoEarlyOnesIsKept() {
        List<String> kept = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        Sequencer<String> sequencer = new Sequencer<>(0, kept::add, gone::add, item -> 1, 100);
        sequencer.offer(2, "first");
        sequencer.offer(2, "second");
        sequencer.offer(1, "one");

        assertThat(kept).containsExactly("one", "first");
        assertThat(gone).containsExactly("second");
    }

    @Example
    void aSkipDropsWhatItPassesAndLetsThroughWhatFollows() {
        Sequencer<Long> sequencer = sequencer(0);
        offer(sequencer, 3, 5, 6, 9);

        sequencer.skipTo(4);

        assertThat(dropped).containsExactly(3L);
        assertThat(passed).containsExactly(5L, 6L);
        assertThat(sequencer.passed()).isEqualTo(6);
        assertThat(sequencer.hasHole()).as("9 still waits").isTrue();
    }

    @Example
    void aSkipBackChangesNothing() {
        Sequencer<Long> sequencer = sequencer(5);
        offer(sequencer, 7);

        sequencer.skipTo(5);
        sequencer.skipTo(2);

        assertThat(sequencer.passed()).isEqualTo(5);
        assertThat(passed).isEmpty();
        assertThat(dropped).isEmpty();
    }

    @Example
    void whatIsClearedMayComeAgain() {
        Sequencer<Long> sequencer = sequencer(0);
        offer(sequencer, 2, 3);

        sequencer.clear();
        assertThat(sequencer.hasHole()).isFalse();
        assertThat(dropped).containsExactlyInAnyOrder(2L, 3L);
        offer(sequencer, 1, 2);

        assertThat(passed).containsExactly(1L, 2L);
    }

    @Example
    void noMoreIsHeldBackThanFits() {
        passed.clear();
        dropped.clear();
        Sequencer<Long> sequencer = new Sequencer<>(0, passed::add, dropped::add, Long::intValue, 10);
        offer(sequencer, 3, 5, 4, 2);

        assertThat(dropped).containsExactly(4L);
        offer(sequencer, 1);
        assertThat(passed).containsExactly(1L, 2L, 3L);
        offer(sequencer, 6);

        assertThat(dropped).as("5 waits, 6 finds no room").containsExactly(4L, 6L);
        offer(sequencer, 4, 6, 9, 8);

        assertThat(passed).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(dropped).as("9 waits").containsExactly(4L, 6L, 8L);
    }
}
