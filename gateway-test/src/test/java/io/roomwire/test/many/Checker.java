package io.roomwire.test.many;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.many.Faults.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Restless crowds in several rooms while {@link Faults} happen, and the audit at the end: nothing that was acked is lost,
 * doubled or reordered, nobody has a hole, and the history is what was seen. After each fault every room has to go on.
 *
 * <p>For one thread.
 */
final class Checker {
    /** How long a killed node may go on being seen in a room. */
    private static final Duration LONGEST_PRESENCE = Duration.ofSeconds(15);

    /** How long is waited for what is late, to know how late it is. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Later than that the story tells who is waited for. */
    private static final Duration SOON = Duration.ofSeconds(2);

    private static final long POLL_MS = 20;

    private static final int ROOMS = 4;
    private static final int MEMBERS = 8;
    private static final int PUBLISHERS = 3;
    private static final long PUBLISH_MS = 40;
    private static final long DISTURB_MS = 150;

    private final TestCluster cluster;
    private final Faults faults;
    private final long seed;
    private final List<RestlessCrowd> crowds;
    private final Queue<String> story = new ConcurrentLinkedQueue<>();
    private final long beganNs = System.nanoTime();
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
    private int begun;
    private double longestStallS;

    Checker(TestCluster cluster, String form, Faults faults, long seed) {
        this.cluster = cluster;
        this.faults = faults;
        this.seed = seed;
        crowds = IntStream.range(0, ROOMS)
                .mapToObj(i -> new RestlessCrowd(cluster, form + "-" + i, seed + i, MEMBERS, PUBLISHERS))
                .toList();
    }

    /** What a run came to. */
    record Outcome(List<Ledger.Report> rooms, int faults, double longestStallS, int comebacks) {
        long acked() {
            return rooms.stream().mapToLong(Ledger.Report::acked).sum();
        }

        long gaps() {
            return rooms.stream().mapToLong(Ledger.Report::gaps).sum();
        }

        /** How often a subscriber was told that its log began anew. */
        long anew() {
            return rooms.stream().mapToLong(Ledger.Report::anew).sum();
        }
    }

    /**
     * Runs so long, and until every kind of fault has been.
     *
     * @param longestStall the longest that a room may stand still when a fault has healed
     * @throws AssertionError with the story of the faults if a promise was broken
     */
    Outcome run(Duration length, Duration longestStall) throws Exception {
        try {
            for (RestlessCrowd crowd : crowds) {
                crowd.start();
            }
            clock.scheduleAtFixedRate(
                    () -> crowds.forEach(RestlessCrowd::publish), 0, PUBLISH_MS, TimeUnit.MILLISECONDS);
            clock.scheduleAtFixedRate(
                    () -> crowds.forEach(RestlessCrowd::disturb), 0, DISTURB_MS, TimeUnit.MILLISECONDS);
            while (System.nanoTime() - beganNs < length.toNanos() || begun < faults.kinds()) {
                pass(faults.restMs());
                breakSomething();
                awaitEveryRoomGoesOn(longestStall);
            }
            return settle();
        } catch (AssertionError | ConditionTimeoutException e) {
            cluster.nodes().forEach(node -> tell("node " + node.pid() + " has said:\n" + node.output()));
            throw new AssertionError(
                    "seed " + seed + ": " + e.getMessage() + "\nWhat happened:\n" + String.join("\n", story), e);
        } finally {
            clock.shutdownNow();
            crowds.forEach(RestlessCrowd::stop);
        }
    }

    private void breakSomething() throws Exception {
        List<Fault> present = new ArrayList<>();
        Fault first = faults.next();
        present.add(first);
        present.addAll(faults.beside(first));
        for (Fault fault : present) {
            tell(fault.toString());
            fault.begin().run();
            begun++;
            pass(fault.lastsMs());
        }
        for (Fault fault : present) {
            fault.heal().run();
            tell(fault.name() + ": over");
        }
    }

    /** A message that is published from now on has to come to everybody in every room. */
    private void awaitEveryRoomGoesOn(Duration longestStall) throws Exception {
        long healedNs = System.nanoTime();
        List<Long> heads = crowds.stream().map(RestlessCrowd::head).toList();
        for (int i = 0; i < ROOMS; i++) {
            RestlessCrowd crowd = crowds.get(i);
            long head = heads.get(i);
            boolean soon = goesOn(crowd, head, SOON);
            if (!soon) {
                String waits = "room " + i + " waits behind " + head + " for " + crowd.behind(head);
                tell(waits);
                System.out.println(waits);
                assertThat(goesOn(crowd, head, PATIENCE))
                        .as("room " + i + " ever goes on")
                        .isTrue();
            }
        }
        double stallS = (System.nanoTime() - healedNs) / 1e9;
        longestStallS = Math.max(longestStallS, stallS);
        tell("every room goes on after %.2f s".formatted(stallS));
        assertThat(stallS).as("longest stall in s").isLessThanOrEqualTo(longestStall.toMillis() / 1e3);
    }

    private boolean goesOn(RestlessCrowd crowd, long behind, Duration within) throws Exception {
        long untilNs = System.nanoTime() + within.toNanos();
        while (crowd.lowest() <= behind && System.nanoTime() < untilNs) {
            pass(POLL_MS);
        }
        return crowd.lowest() > behind;
    }

    private Outcome settle() throws InterruptedException {
        clock.shutdown();
        assertThat(clock.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
        tell("nothing more is published");
        await("all is acked").atMost(PATIENCE).until(() -> crowds.stream().allMatch(RestlessCrowd::isAllAcked));
        await("everybody is up to date")
                .atMost(PATIENCE)
                .until(() -> crowds.stream().allMatch(crowd -> crowd.lowest() == crowd.head()));
        for (TestNode node : cluster.nodes()) {
            await("presence has everybody once")
                    .atMost(LONGEST_PRESENCE)
                    .untilAsserted(() -> assertThat(crowds)
                            .allSatisfy(crowd ->
                                    assertThat(crowd.wrongPresence(node)).isEmpty()));
        }
        int comebacks = crowds.stream().mapToInt(RestlessCrowd::comebacks).sum();
        List<Ledger.Report> reports = new ArrayList<>();
        for (RestlessCrowd crowd : crowds) {
            crowd.audit(cluster.node(0));
            reports.add(crowd.ledger().assertKept());
        }
        return new Outcome(reports, begun, longestStallS, comebacks);
    }

    private void tell(String what) {
        story.add("%7.2f s %s".formatted((System.nanoTime() - beganNs) / 1e9, what));
    }

    private void pass(long ms) throws Exception {
        clock.schedule(() -> {}, ms, TimeUnit.MILLISECONDS).get();
    }
}
