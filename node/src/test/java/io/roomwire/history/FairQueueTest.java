package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private static final int LARGE = 64 << 10;

    private final FairQueue queue = new FairQueue(1000, 1 << 20);

    private static Pending draft(String sender, String id, int bytes) {
        Message message = new Message(0, 0, new UserId(sender), id, new byte[bytes]);
        return new Pending(new Draft(new RoomId("room"), message), new CompletableFuture<>(), 0);
    }

    private static String id(Pending pending) {
        return pending.draft().message().id();
    }

    private List<String> taken(int most) {
        List<String> ids = new ArrayList<>();
        for (Pending next = queue.poll(); next != null && ids.size() < most; next = queue.poll()) {
            ids.add(id(next));
        }
        return ids;
    }

    @Test
    void whoSendsMuchWaitsBehindHimselfAndNotBeforeOthers() {
        for (int i = 0; i < 10; i++) {
            queue.offer(draft("greedy", "g" + i, LARGE));
        }
        for (int i = 0; i < 10; i++) {
            queue.offer(draft("modest", "m" + i, 100));
        }
        List<String> order = taken(20);
        assertThat(order).hasSize(20);
        assertThat(order.indexOf("m9")).isLessThan(11);
        assertThat(order.stream().filter(id -> id.startsWith("g")).toList()).isSorted();
        assertThat(order.stream().filter(id -> id.startsWith("m")).toList()).isSorted();
    }

    @Test
    void whenItIsFullWhoHasMostOfItGivesWay() {
        int held = 0;
        while (queue.offer(draft("greedy", "g" + held, LARGE)) == null) {
            held++;
        }
        assertThat(held).isEqualTo(16);

        Pending modest = draft("modest", "m", 100);
        Pending out = queue.offer(modest);

        assertThat(out).isNotNull().isNotSameAs(modest);
        assertThat(id(out)).isEqualTo("g15");
        assertThat(queue.offer(draft("greedy", "late", LARGE))).isNotNull();
        assertThat(taken(100)).contains("m").doesNotContain("g15", "late");
        assertThat(queue.size()).isZero();
    }

    @Test
    void amongEqualsNobodyGivesWay() {
        for (int i = 0; i < 1000; i++) {
            assertThat(queue.offer(draft("user-" + i, "id", 10))).isNull();
        }
        Pending late = draft("late", "id", 10);
        assertThat(queue.offer(late)).isSameAs(late);
    }

    @Test
    void whoWaitsIsGivenWhatComes() throws Exception {
        assertThat(queue.poll(1, TimeUnit.MILLISECONDS)).isNull();
        CompletableFuture<Void> offered = CompletableFuture.runAsync(() -> queue.offer(draft("sender", "id", 1)));
        assertThat(queue.poll(30, TimeUnit.SECONDS)).isNotNull();
        offered.join();
        queue.offer(draft("sender", "a", 1));
        queue.offer(draft("sender", "b", 1));
        assertThat(queue.drain()).hasSize(2);
        assertThat(queue.poll()).isNull();
    }
}
