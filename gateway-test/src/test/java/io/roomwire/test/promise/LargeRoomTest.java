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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * The promises hold in a room of 10,000. The node and this JVM have a file for each member, so each must be allowed some
 * more than that (ulimit -n; 20,000 is enough).
 */
class LargeRoomTest {
    private static final int MEMBERS = 10_000;
    private static final int BROADCASTS = 10;

    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

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
    }
}
