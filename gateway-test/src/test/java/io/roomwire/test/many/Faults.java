package io.roomwire.test.many;

import io.roomwire.test.cluster.PostgresPair;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What breaks next, by a seed: a kind of server, and one of its kind, is killed or paused for a while. All kinds of faults
 * come before one comes again, so that a short run has them all. For one thread.
 */
final class Faults {
    /** Mostly so long, ... */
    private static final int SHORT_MS = 2_500;

    /** ... and one time in {@link #LONG_ONE_IN} up to so long: past every time limit of a node. */
    private static final int LONG_MS = 8_000;

    private static final int LONG_ONE_IN = 5;

    private final Random random;
    private final List<List<Target>> kinds = new ArrayList<>();
    private final ArrayDeque<Fault> deck = new ArrayDeque<>();

    /**
     * Something that can be taken away and comes back.
     *
     * @param back how it comes back, if not as it was; else empty
     */
    private record Target(String name, String back, Runnable kill, Runnable restart, Runnable pause, Runnable resume) {}

    /**
     * One thing that breaks.
     *
     * @param target the name of what it happens to; two faults of one target cannot be at the same time
     */
    record Fault(String name, String target, Runnable begin, Runnable heal, long lastsMs) {
        @Override
        public String toString() {
            return name + " for " + lastsMs + " ms";
        }
    }

    Faults(long seed) {
        random = new Random(seed);
    }

    Faults nodes(List<TestNode> nodes) {
        List<Target> kind = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            TestNode node = nodes.get(i);
            kind.add(new Target("node " + i, "", node::kill, node::restart, node::pause, node::resume));
        }
        kinds.add(kind);
        return this;
    }

    Faults redis(TestRedis redis) {
        kinds.add(List.of(new Target("Redis", "", redis::kill, redis::restart, redis::pause, redis::resume)));
        return this;
    }

    /**
     * The primary comes back as such, before anybody does anything about it; or its standby is promoted, and then the old
     * primary is there too.
     */
    Faults postgres(PostgresPair pair) {
        String name = "PostgreSQL";
        kinds.add(List.of(new Target(name, "", pair::kill, pair::restart, pair::pause, pair::resume)));
        String back = ", and its standby promoted,";
        kinds.add(List.of(
                new Target(name, back, pair::kill, pair::promoteAndRestart, pair::pause, pair::promoteAndResume)));
        return this;
    }

    /** How many kinds of faults there are. */
    int kinds() {
        return 2 * kinds.size();
    }

    Fault next() {
        if (deck.isEmpty()) {
            deal();
        }
        return deck.remove();
    }

    /** A second fault while the first is there, now and then; else none. */
    List<Fault> beside(Fault first) {
        if (random.nextInt(3) > 0) {
            return List.of();
        }
        Fault second = next();
        if (second.target.equals(first.target)) {
            deck.addLast(second);
            return List.of();
        }
        return List.of(second);
    }

    private void deal() {
        List<Fault> all = new ArrayList<>();
        for (List<Target> kind : kinds) {
            Target killed = kind.get(random.nextInt(kind.size()));
            all.add(new Fault(
                    killed.name + " killed" + killed.back, killed.name, killed.kill, killed.restart, lastsMs()));
            Target paused = kind.get(random.nextInt(kind.size()));
            all.add(new Fault(
                    paused.name + " paused" + paused.back, paused.name, paused.pause, paused.resume, lastsMs()));
        }
        Collections.shuffle(all, random);
        deck.addAll(all);
    }

    private long lastsMs() {
        return random.nextInt(LONG_ONE_IN) == 0 ? random.nextInt(LONG_MS) : random.nextInt(SHORT_MS);
    }

    /** How long all is well before the next. */
    long restMs() {
        return random.nextInt(1_500);
    }
}
