package io.roomwire.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BulkheadTest {
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Integer> begun = new ArrayList<>();

    @Test
    void soManyRunAtATimeAndOthersInTheirOrderAsPlacesGetFree() {
        Bulkhead bulkhead = new Bulkhead(2, 2, tasks::add);
        for (int i = 0; i < 5; i++) {
            int number = i;
            assertThat(bulkhead.enter(() -> begun.add(number))).isEqualTo(i < 4);
        }
        assertThat(begun).containsExactly(0, 1);
        bulkhead.leave();
        bulkhead.leave();
        run();
        assertThat(begun).containsExactly(0, 1, 2, 3);
        bulkhead.leave();
        assertThat(bulkhead.enter(() -> begun.add(9))).isTrue();
        assertThat(begun).endsWith(9);
    }

    /** As when the circuit is open. */
    @Test
    void anyNumberThatWaitsMayEndAtOnce() {
        Bulkhead bulkhead = new Bulkhead(1, 100_000, tasks::add);
        bulkhead.enter(() -> {});
        for (int i = 0; i < 100_000; i++) {
            bulkhead.enter(bulkhead::leave);
        }
        bulkhead.leave();
        run();
        assertThat(bulkhead.enter(() -> begun.add(1))).isTrue();
        assertThat(begun).containsExactly(1);
    }

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }
}
