package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class SeqRingTest {
    @Property
    void isAListWhoseFirstIndexMoves(
            @ForAll @LongRange(max = 1L << 40) long head, @ForAll @Size(max = 200) List<Boolean> adds) {
        SeqRing<String> ring = new SeqRing<>(head);
        List<String> list = new ArrayList<>();
        long first = head + 1;
        for (boolean add : adds) {
            // a drop now and then: a list of coin tosses would stay near empty
            if (add || list.size() % 3 != 2) {
                ring.add("e" + list.size() + first);
                list.add("e" + list.size() + first);
            } else {
                assertThat(ring.dropFirst()).isEqualTo(list.remove(0));
                first++;
            }
            assertThat(ring.size()).isEqualTo(list.size());
            assertThat(ring.first()).isEqualTo(first);
            assertThat(ring.head()).isEqualTo(first + list.size() - 1);
        }
        for (int i = 0; i < list.size(); i++) {
            assertThat(ring.get(first + i)).isEqualTo(list.get(i));
        }
        long before = first - 1;
        long behind = first + list.size();
        assertThatThrownBy(() -> ring.get(before)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ring.get(behind)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Example
    void growsInTheMiddleOfALap() {
        SeqRing<Integer> ring = new SeqRing<>(0);
        for (int seq = 1; seq <= 8; seq++) {
            ring.add(seq);
        }
        for (int seq = 1; seq <= 5; seq++) {
            assertThat(ring.dropFirst()).isEqualTo(seq);
        }
        for (int seq = 9; seq <= 40; seq++) {
            ring.add(seq);
        }

        for (long seq = 6; seq <= 40; seq++) {
            assertThat(ring.get(seq)).isEqualTo((int) seq);
        }
    }

    @Example
    void anEmptyRingGoesOnBehindItsHead() {
        SeqRing<String> ring = new SeqRing<>(41);
        ring.add("a");
        ring.dropFirst();

        assertThat(ring.first()).isEqualTo(43);
        assertThat(ring.head()).isEqualTo(42);
        assertThatThrownBy(ring::dropFirst).isInstanceOf(IndexOutOfBoundsException.class);
        ring.add("b");
        assertThat(ring.get(43)).isEqualTo("b");
    }
}
