package io.roomwire.test.promise;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.Crowd;
import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Promise 5: a member that doesn't read costs its own bounded backlog, then its connection; no other is delayed. */
class SlowMemberTest {
    private static final int OTHERS = 1000;
    private static final int SLOW = 10;
    private static final int ATTEMPTS = 3;
    private static final int MEASURED = 60;
    private static final int MEASURED_EVERY_MS = 50;

    /** What fills a socket that nobody reads: on the loopback the kernel alone takes some megabytes. */
    private static final String LOAD = "x".repeat(60_000);

    private static final int LOAD_EVERY_MS = 20;
    private static final int SMALL_BUFFER_BYTES = 4096;

    @AutoClose
    private static final TestCluster CLUSTER =
            aCluster().with("backlog.bytes", "256KiB").start();

    @AutoClose
    private static final TestCluster STRICT = aCluster()
            .with("backlog.bytes", "256KiB")
            .with("backlog.ephemeral", "close")
            .start();

    private final TestNode node = CLUSTER.node();
    private final Histogram delaysUs = new ConcurrentHistogram(TimeUnit.SECONDS.toMicros(60), 3);
    private final LongAdder seen = new LongAdder();

    /**
     * Both halves have the same members and the same load: ten of the members are in a room of large messages besides.
     * In the second half they stop reading, one every 300 ms, so that at any time some are filling their backlog.
     *
     * <p>A machine with other work is late by itself, so one attempt of three has to pass. A node that waits for the slow
     * is late by seconds, each time.
     */
    @Test
    void aMemberThatStopsReadingLosesItsConnectionAndNobodyElseIsDelayed() throws Exception {
        Crowd others = Crowd.join(node, "plaza", "other", OTHERS, (client, frame) -> {
            delaysUs.recordValue((frame.arrivedNs() - frame.content().asLong()) / 1000);
            seen.increment();
        });
        TestClient speaker = TestClient.member(node, "plaza", "speaker").ignoreRest();
        TestClient loader = TestClient.member(node, "load", "loader").ignoreRest();
        measure(speaker, loader, i -> {}); // the JVMs warm up

        boolean undelayed = false;
        for (int attempt = 1; attempt <= ATTEMPTS && !undelayed; attempt++) {
            double closedBefore = closedAsSlow(node);
            List<TestClient> slow = slowMembers(speaker);
            Histogram without = measure(speaker, loader, i -> {});
            Histogram with = measure(speaker, loader, i -> {
                if (i % (MEASURED / SLOW) == 0) {
                    slow.get(i / (MEASURED / SLOW)).stopReading();
                }
            });
            System.out.printf(
                    "slow members: delay at %d others, ms: p50 %.1f p99 %.1f max %.1f without; p50 %.1f p99 %.1f max %.1f with %d that stop reading%n",
                    OTHERS,
                    without.getValueAtPercentile(50) / 1e3,
                    without.getValueAtPercentile(99) / 1e3,
                    without.getMaxValue() / 1e3,
                    with.getValueAtPercentile(50) / 1e3,
                    with.getValueAtPercentile(99) / 1e3,
                    with.getMaxValue() / 1e3,
                    SLOW);
            try (Ticks load = load(loader)) { // the last of them had only 300 ms to fill up
                await("all slow members are closed, " + load)
                        .atMost(Duration.ofSeconds(15))
                        .until(() -> closedAsSlow(node) - closedBefore == SLOW);
            }
            await("they have left")
                    .until(() -> speaker.presence("plaza").get("count").asInt() == OTHERS + 1);
            for (TestClient client : slow) {
                client.readOn();
                assertThat(client.expectClose().code()).isIn(4002, Closing.NO_GOODBYE);
            }
            assertThat(with.getTotalCount()).isEqualTo((long) OTHERS * MEASURED);
            undelayed = with.getValueAtPercentile(99)
                    < 5 * without.getValueAtPercentile(99) + TimeUnit.MILLISECONDS.toMicros(200);
        }
        assertThat(undelayed)
                .as("p99 with slow members within 5 times that without, and 200 ms")
                .isTrue();
        assertThat(others.open()).isEqualTo(OTHERS);
    }

    private List<TestClient> slowMembers(TestClient speaker) {
        List<TestClient> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            TestClient client = TestClient.to(node)
                    .receiveBuffer(SMALL_BUFFER_BYTES)
                    .listener((self, frame) -> {})
                    .connect();
            client.tell("join", "room_id", "plaza", "user_id", "slow-" + i);
            client.tell("join", "room_id", "load");
            slow.add(client);
        }
        await().until(() -> speaker.presence("plaza").get("count").asInt() == OTHERS + SLOW + 1);
        return slow;
    }

    private interface Step {
        void at(int message);
    }

    /** The speaker's messages at a steady pace, under load, until each is at every other member; gives their delays. */
    private Histogram measure(TestClient speaker, TestClient loader, Step step) {
        delaysUs.reset();
        long before = seen.sum();
        AtomicInteger sent = new AtomicInteger();
        try (Ticks load = load(loader);
                Ticks speech = new Ticks(MEASURED_EVERY_MS, () -> {
                    if (sent.get() < MEASURED) {
                        step.at(sent.getAndIncrement());
                        speaker.tell("broadcast", "room_id", "plaza", "content", System.nanoTime());
                    }
                })) {
            await("every message at every other member, " + load + ", " + speech)
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> seen.sum() - before >= (long) OTHERS * MEASURED);
        }
        return delaysUs.copy();
    }

    private static Ticks load(TestClient loader) {
        return new Ticks(LOAD_EVERY_MS, () -> loader.tell("broadcast", "room_id", "load", "content", LOAD));
    }

    /** Runs something at a steady pace until it is closed. */
    private static final class Ticks implements AutoCloseable {
        private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        private final int everyMs;

        Ticks(int everyMs, Runnable task) {
            this.everyMs = everyMs;
            clock.scheduleAtFixedRate(task, 0, everyMs, TimeUnit.MILLISECONDS);
        }

        @Override
        public void close() {
            clock.shutdownNow();
        }

        @Override
        public String toString() {
            return "one every " + everyMs + " ms";
        }
    }

    @Test
    void anEphemeralMessageIsDroppedAndTheConnectionStays() {
        TestClient reader = TestClient.member(node, "cursors:drop", "reader");
        TestClient slow = TestClient.to(node).receiveBuffer(SMALL_BUFFER_BYTES).connect();
        slow.join("cursors:drop", "slow");
        slow.stopReading();
        double droppedBefore = dropped(node);

        int sent = 0;
        while (dropped(node) == droppedBefore) {
            assertThat(sent).as("nothing is dropped, so where does it wait?").isLessThan(1000);
            sent = flood(reader, "cursors:drop", sent);
        }
        sent = flood(reader, "cursors:drop", sent);

        assertThat(reader.presence("cursors:drop").get("count").asInt()).isEqualTo(2);
        slow.readOn();
        slow.ping();
        reader.ask("broadcast", "room_id", "cursors:drop", "content", List.of("last"));
        int newest = -1;
        int got = 0;
        for (Frame frame = slow.next("broadcast"); frame.content().size() > 1; frame = slow.next("broadcast")) {
            assertThat(frame.content().get(0).asInt())
                    .as("at most once, in order")
                    .isGreaterThan(newest);
            newest = frame.content().get(0).asInt();
            got++;
        }
        assertThat(got).isLessThan(sent);
        assertThat(dropped(node) - droppedBefore).isEqualTo(sent - got);
        assertThat(node.stats().get("messages_dropped").asDouble()).isEqualTo(dropped(node));
        reader.next("broadcast");
    }

    @Test
    void anEphemeralMessageClosesWhereThatIsWanted() {
        TestNode strict = STRICT.node();
        TestClient reader = TestClient.member(strict, "cursors:close", "reader");
        TestClient slow =
                TestClient.to(strict).receiveBuffer(SMALL_BUFFER_BYTES).connect();
        slow.join("cursors:close", "slow");
        slow.stopReading();
        slow.ignoreRest();
        int sent = 0;
        while (closedAsSlow(strict) == 0) {
            assertThat(sent).as("nobody is closed, so where does it wait?").isLessThan(1000);
            sent = flood(reader, "cursors:close", sent);
        }
        await().until(() -> reader.presence("cursors:close").get("count").asInt() == 1);
    }

    /** Sends some more, each with its number; whoever reads gets all of it. */
    private static int flood(TestClient reader, String room, int sent) {
        int more = 20;
        for (int i = sent; i < sent + more; i++) {
            reader.tell("broadcast", "room_id", room, "content", List.of(i, LOAD));
        }
        for (Frame frame : reader.next("broadcast", more)) {
            assertThat(frame.content().get(0).asInt()).isEqualTo(sent++);
        }
        return sent;
    }

    private static double dropped(TestNode node) {
        return node.metrics().sum("roomwire_messages_dropped_total", "reason=\"slow_consumer\"");
    }

    private static double closedAsSlow(TestNode node) {
        return node.metrics().sum("roomwire_connections_closed_total", "code=\"4002\"");
    }
}
