package io.roomwire.test.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.cluster.TestCluster;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Members of one room that publish, lose their connections, and come back to whatever node, all by a seed. */
public final class RestlessCrowd {
    private static final int MEMBERS = 24;
    private static final int PUBLISHERS = 6;
    private static final long TICK_MS = 10;

    private final Function<Random, URI> where;
    private final Random random;
    private final long seed;
    private final Ledger ledger = new Ledger();
    private final List<Member> members;

    /** Comes back to any node of the cluster. */
    public RestlessCrowd(TestCluster cluster, String room, long seed) {
        this(
                room,
                seed,
                choice -> cluster.node(choice.nextInt(cluster.nodes().size())).clients());
    }

    /** Comes back to where {@code where} says. */
    public RestlessCrowd(String room, long seed, Function<Random, URI> where) {
        this.seed = seed;
        this.where = where;
        random = new Random(seed);
        members = IntStream.range(0, MEMBERS)
                .mapToObj(i -> new Member("user-" + i, room, this::somewhere, ledger))
                .toList();
    }

    private synchronized URI somewhere() {
        return where.apply(random);
    }

    /** So many messages from each publisher, one every 10 ms, while {@code fault} happens in the middle of them. */
    public Ledger.Report run(int each, Runnable fault) throws Exception {
        for (Member member : members) {
            member.start().get(10, TimeUnit.SECONDS);
        }
        List<Member> publishers = members.subList(0, PUBLISHERS);
        ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
        try {
            int[] rounds = new int[1];
            clock.scheduleAtFixedRate(
                    () -> {
                        if (rounds[0]++ < each) {
                            publishers.forEach(Member::publish);
                            members.get(random.nextInt(MEMBERS)).drop();
                        }
                    },
                    0,
                    TICK_MS,
                    TimeUnit.MILLISECONDS);
            clock.schedule(fault, each * TICK_MS / 2, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS);
            await("all published in spite of it, seed " + seed)
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> ledger.ackedCount() == PUBLISHERS * each);
        } finally {
            clock.shutdownNow();
            assertThat(clock.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
        }
        await("everybody is up to date, seed " + seed)
                .atMost(Duration.ofSeconds(20))
                .until(() -> members.stream().allMatch(member -> member.last() == ledger.head()));
        members.forEach(Member::stop);
        Ledger.Report report = ledger.assertKept();
        int comebacks = members.stream().mapToInt(Member::comebacks).sum();
        System.out.println("restless crowd, seed " + seed + ": " + report + ", " + comebacks + " comebacks");
        assertThat(comebacks).as("the test has tested something").isGreaterThan(each / 8);
        return report;
    }

    /** How often one of them came back and was told that something is missing. */
    public int unrecovered() {
        return members.stream().mapToInt(Member::unrecovered).sum();
    }
}
