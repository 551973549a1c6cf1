package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Crowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * The promises hold in a room of 10,000. The node and this JVM have a file for each member, so each must be allowed some
 * more than that (ulimit -n; 20,000 is enough).
 */
class LargeRoomTest {
    private static final int MEMBERS = 10_000;
    private static final int BROADCASTS = 10;
    private static final int MISSED = 100;

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("limits.messages-per-second", 0).start();

    @Test
    void tenThousandMembersAllGetABroadcast() throws Exception {
        TestNode node = CLUSTER.node();
        AtomicInteger[] seen = new AtomicInteger[BROADCASTS + 1];
        Arrays.setAll(seen, i -> new AtomicInteger());
        AtomicLong lastNs = new AtomicLong();
        long startNs = System.nanoTime();
        Crowd crowd = Crowd.join(node, "stadium", "member", MEMBERS, (client, frame) -> {
            seen[(int) frame.seq()].incrementAndGet();
            lastNs.accumulateAndGet(frame.arrivedNs(), Math::max);
        });
        double joinedMs = (System.nanoTime() - startNs) / 1e6;
        TestClient speaker = TestClient.member(node, "stadium", "speaker");
        assertThat(node.health().get("active_connections").asInt()).isEqualTo(MEMBERS + 1);
        assertThat(speaker.presence("stadium").get("count").asInt()).isEqualTo(MEMBERS + 1);

        List<Double> tookMs = new ArrayList<>();
        for (int seq = 1; seq <= BROADCASTS; seq++) {
            AtomicInteger here = seen[seq];
            long sentNs = System.nanoTime();
            assertThat(speaker.broadcast("stadium", "x".repeat(100))).isEqualTo(seq);
            await("seq " + seq + " at all members")
                    .pollInterval(Duration.ofMillis(1))
                    .pollDelay(Duration.ZERO)
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> here.get() >= MEMBERS);
            tookMs.add((lastNs.get() - sentNs) / 1e6);
            speaker.next("broadcast");
        }

        tookMs.sort(null);
        System.out.printf(
                "large room: %d members joined in %.0f ms; a broadcast was at the last of them after %.0f ms (median of %d, from %.0f to %.0f)%n",
                MEMBERS, joinedMs, tookMs.get(BROADCASTS / 2), BROADCASTS, tookMs.get(0), tookMs.get(BROADCASTS - 1));
        for (int seq = 1; seq <= BROADCASTS; seq++) {
            assertThat(seen[seq].get()).as("deliveries of seq %d", seq).isEqualTo(MEMBERS);
        }
        assertThat(crowd.open()).isEqualTo(MEMBERS);
        crowd.drop();
    }

    /** What a node's death looks like to the next one: all of its members come back at once, and miss the same. */
    @Test
    void tenThousandWhoComeBackAtOnceAllGetWhatTheyMissed() throws Exception {
        TestNode node = CLUSTER.node();
        AtomicLong[] seen = {new AtomicLong(), new AtomicLong()};
        AtomicInteger phase = new AtomicInteger();
        ConcurrentHashMap<TestClient, long[]> lastSeqs = new ConcurrentHashMap<>();
        AtomicReference<String> wrong = new AtomicReference<>();
        Crowd crowd = Crowd.join(node, "arena", "fan", MEMBERS, (client, frame) -> {
            long[] last = lastSeqs.computeIfAbsent(client, first -> new long[1]);
            if (frame.seq() != last[0] % MISSED + 1) {
                wrong.compareAndSet(null, "after seq " + last[0] + " came " + frame);
            }
            last[0] = frame.seq();
            seen[phase.get()].incrementAndGet();
        });
        TestClient speaker = TestClient.member(node, "arena", "speaker");

        long sentNs = System.nanoTime();
        for (int i = 0; i < MISSED; i++) {
            speaker.tell("broadcast", "room_id", "arena", "content", "x".repeat(100));
        }
        awaitAll(seen[0]);
        double fanOutMs = (System.nanoTime() - sentNs) / 1e6;
        phase.set(1);
        long backNs = System.nanoTime();
        crowd.tellAll("join", "room_id", "arena", "after", 0);
        awaitAll(seen[1]);
        double backMs = (System.nanoTime() - backNs) / 1e6;

        System.out.printf(
                "large room: %d messages were at all %d members after %.0f ms; all came back and had them again after %.0f ms, %.1f times of it%n",
                MISSED, MEMBERS, fanOutMs, backMs, backMs / fanOutMs);
        assertThat(wrong.get()).isNull();
        assertThat(crowd.open()).isEqualTo(MEMBERS);
        speaker.next("broadcast", MISSED);
        crowd.drop();
    }

    private static void awaitAll(AtomicLong seen) {
        await("all messages at all members")
                .pollInterval(Duration.ofMillis(1))
                .pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(60))
                .until(() -> seen.get() >= (long) MEMBERS * MISSED);
    }
}
