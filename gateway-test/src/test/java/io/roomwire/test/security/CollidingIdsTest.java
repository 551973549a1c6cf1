package io.roomwire.test.security;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Whoever chooses ids can choose them so that {@link String#hashCode} is the same for all. */
class CollidingIdsTest {
    private static final int BITS = 14;
    private static final int COUNT = 1 << BITS;
    private static final int AT_ONCE = 1000;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .with("limits.messages-per-second", 0)
            .with("limits.rooms-per-connection", 0)
            .with("limits.directs-per-recipient", 0)
            .with("limits.directs-to-one-user", 0)
            .with("memory-log.messages-per-room", 10)
            .start();

    private final TestNode node = CLUSTER.node();

    /** "Aa" and "BB" have one hash, and so have all words of as many of them. */
    private static String colliding(int number) {
        StringBuilder id = new StringBuilder();
        for (int bit = 0; bit < BITS; bit++) {
            id.append((number >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return id.toString();
    }

    @Test
    void theIdsDoCollide() {
        List<String> ids =
                IntStream.range(0, COUNT).mapToObj(CollidingIdsTest::colliding).toList();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(ids.stream().mapToInt(String::hashCode).distinct()).hasSize(1);
    }

    private static long took(IntFunction<String> ids, TestClient client, String answer, Sending sending) {
        long startNs = System.nanoTime();
        for (int from = 0; from < COUNT; from += AT_ONCE) {
            int to = Math.min(COUNT, from + AT_ONCE);
            for (int i = from; i < to; i++) {
                sending.send(ids.apply(i));
            }
            for (int i = from; i < to; i++) {
                client.expect(answer);
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    private interface Sending {
        void send(String id);
    }

    private static void assertNoSlower(long collidingMs, long othersMs) {
        System.out.printf("%d colliding ids: %d ms, others: %d ms%n", COUNT, collidingMs, othersMs);
        assertThat(collidingMs).isLessThan(3 * othersMs + 1000);
    }

    @Test
    void messagesWithSuchIdsCostNoMoreThanOthers() {
        TestClient client = TestClient.member(node, "lobby", "sender");
        Sending sending = id -> client.tell("direct", "user_id", "nobody", "content", 1, "id", id);
        long othersMs = took(i -> "other-" + i, client, "ack", sending);
        long collidingMs = took(CollidingIdsTest::colliding, client, "ack", sending);
        assertNoSlower(collidingMs, othersMs);
    }

    @Test
    void roomsWithSuchIdsCostNoMoreThanOthers() {
        TestClient client = TestClient.member(node, "lobby", "wanderer");
        Sending sending = room -> {
            client.tell("join", "room_id", room);
            client.tell("leave", "room_id", room);
            client.expect("joined");
        };
        long othersMs = took(i -> "other-" + i, client, "left", sending);
        long collidingMs = took(CollidingIdsTest::colliding, client, "left", sending);
        assertNoSlower(collidingMs, othersMs);
    }
}
