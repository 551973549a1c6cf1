package io.roomwire.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LanesTest {
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Integer> begun = new ArrayList<>();

    @Test
    void soManyRunAtATimeAndOthersInTheirOrderAsLanesGetFree() {
        Lanes lanes = new Lanes(2, 2, tasks::add);
        for (int i = 0; i < 5; i++) {
            int number = i;
            assertThat(lanes.enter(() -> begun.add(number))).isEqualTo(i < 4);
        }
        assertThat(begun).containsExactly(0, 1);
        lanes.leave();
        lanes.leave();
        run();
        assertThat(begun).containsExactly(0, 1, 2, 3);
        lanes.leave();
        assertThat(lanes.enter(() -> begun.add(9))).isTrue();
        assertThat(begun).endsWith(9);
    }

    /** As when the circuit is open. */
    @Test
    void anyNumberThatWaitsMayEndAtOnce() {
        Lanes lanes = new Lanes(1, 100_000, tasks::add);
        lanes.enter(() -> {});
        for (int i = 0; i < 100_000; i++) {
            lanes.enter(lanes::leave);
        }
        lanes.leave();
        run();
        assertThat(lanes.enter(() -> begun.add(1))).isTrue();
        assertThat(begun).containsExactly(1);
    }

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }
}
