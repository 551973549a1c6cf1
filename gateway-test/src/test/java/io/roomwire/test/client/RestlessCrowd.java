package io.roomwire.test.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Members of one room that publish, lose their connections, and come back to whatever node, all by a seed; and the books
 * over what they saw.
 *
 * <p>Any thread may call.
 */
public final class RestlessCrowd {
    private static final int MEMBERS = 24;
    private static final int PUBLISHERS = 6;
    private static final long TICK_MS = 10;

    /** So many wait for their ack, and no more is published: while nothing can be stored a client holds back too. */
    private static final int WINDOW = 50;

    private static final int PAGE_MESSAGES = 500;

    private final String room;
    private final Function<Random, URI> where;
    private final Random random; // guarded by this
    private final long seed;
    private final Ledger ledger = new Ledger();
    private final List<Member> members;
    private final List<Member> publishers;

    /** Comes back to any node of the cluster. */
    public RestlessCrowd(TestCluster cluster, String room, long seed) {
        this(cluster, room, seed, MEMBERS, PUBLISHERS);
    }

    /** As that, with so many members, of whom so many publish. */
    public RestlessCrowd(TestCluster cluster, String room, long seed, int members, int publishers) {
        this(
                room,
                seed,
                members,
                publishers,
                choice -> cluster.node(choice.nextInt(cluster.nodes().size())).clients());
    }

    /** Comes back to where {@code where} says. */
    public RestlessCrowd(String room, long seed, Function<Random, URI> where) {
        this(room, seed, MEMBERS, PUBLISHERS, where);
    }

    private RestlessCrowd(String room, long seed, int members, int publishers, Function<Random, URI> where) {
        this.room = room;
        this.seed = seed;
        this.where = where;
        random = new Random(seed);
        this.members = IntStream.range(0, members)
                .mapToObj(i -> new Member("user-" + i, room, this::somewhere, ledger))
                .toList();
        this.publishers = this.members.subList(0, publishers);
    }

    private synchronized URI somewhere() {
        return where.apply(random);
    }

    private synchronized Member somebody() {
        return members.get(random.nextInt(members.size()));
    }

    /** So many messages from each publisher, one every 10 ms, while {@code fault} happens in the middle of them. */
    public Ledger.Report run(int each, Runnable fault) throws Exception {
        start();
        ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
        try {
            int[] rounds = new int[1];
            clock.scheduleAtFixedRate(
                    () -> {
                        if (rounds[0]++ < each) {
                            publishers.forEach(Member::publish);
                            disturb();
                        }
                    },
                    0,
                    TICK_MS,
                    TimeUnit.MILLISECONDS);
            clock.schedule(fault, each * TICK_MS / 2, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS);
            await("all published in spite of it, seed " + seed)
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> ledger.ackedCount() == publishers.size() * each);
        } finally {
            clock.shutdownNow();
            assertThat(clock.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
        }
        await("everybody is up to date, seed " + seed)
                .atMost(Duration.ofSeconds(20))
                .until(() -> lowest() == ledger.head());
        stop();
        Ledger.Report report = ledger.assertKept();
        System.out.println("restless crowd, seed " + seed + ": " + report + ", " + comebacks() + " comebacks");
        assertThat(comebacks()).as("the test has tested something").isGreaterThan(each / 16);
        return report;
    }

    /** Everybody joins. */
    public void start() throws Exception {
        for (Member member : members) {
            member.start().get(30, TimeUnit.SECONDS);
        }
    }

    /** Each publisher sends a message, unless too many wait for their ack. */
    public void publish() {
        for (Member publisher : publishers) {
            if (publisher.unacked() < WINDOW) {
                publisher.publish();
            }
        }
    }

    /** Somebody loses its connection. */
    public void disturb() {
        somebody().drop();
    }

    public void stop() {
        members.forEach(Member::stop);
    }

    /** The highest seq that was acked. */
    public long head() {
        return ledger.head();
    }

    /** The seq up to which everybody has everything. */
    public long lowest() {
        return members.stream().mapToLong(Member::last).min().orElseThrow();
    }

    /** Who does not have everything behind that seq, and why; empty if nobody. */
    public String behind(long seq) {
        return members.stream()
                .filter(member -> member.last() <= seq)
                .map(Member::state)
                .collect(Collectors.joining("; "));
    }

    public boolean isAllAcked() {
        return publishers.stream().allMatch(publisher -> publisher.unacked() == 0);
    }

    /** How often one of them came back and was told that something is missing. */
    public int unrecovered() {
        return members.stream().mapToInt(Member::unrecovered).sum();
    }

    public int comebacks() {
        return members.stream().mapToInt(Member::comebacks).sum();
    }

    /** Reads the whole history into the books, as that of one who has to see all from the first message on. */
    public void audit(TestNode node) {
        TestClient reader = TestClient.connect(node);
        String epoch = reader.join(room, "auditor").get("epoch");
        Ledger.View history = ledger.history();
        long after = 0;
        boolean hasMore = true;
        while (hasMore) {
            JsonNode page =
                    reader.history(room, "after", after, "limit", PAGE_MESSAGES).json();
            hasMore = page.get("has_more").asBoolean();
            for (JsonNode message : page.get("messages")) {
                after = message.get("seq").asLong();
                history.saw(message.get("content").asText(), epoch, after);
            }
        }
        reader.close();
    }

    /**
     * How presence differs from everybody, once each; empty if it does not, since nothing is left of a node that was killed.
     * A node that cannot tell yet, since its Redis was away until now, has nobody.
     */
    public String wrongPresence(TestNode node) {
        TestClient reader = TestClient.member(node, room, "auditor");
        Frame answer = reader.ask("presence", "room_id", room);
        reader.close();
        if (answer.is("error") && answer.get("code").equals("unavailable")) {
            return room + ": " + answer;
        }
        Map<String, Integer> present = new TreeMap<>();
        for (JsonNode each : answer.json().get("members")) {
            present.put(each.get("user_id").asText(), each.get("connections").asInt());
        }
        present.remove("auditor"); // comes and goes too fast for presence to be of one mind about it
        Map<String, Integer> expected = new TreeMap<>();
        members.forEach(member -> expected.put(member.toString(), 1));
        return present.equals(expected) ? "" : room + " has " + present;
    }

    public Ledger ledger() {
        return ledger;
    }
}
