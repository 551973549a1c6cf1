package io.roomwire.test.client;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * The books over all clients of one room: what was acked, what each subscriber saw, and whether the promises of
 * PROTOCOL.md were kept. A message is known by its key, which must be another one for each message. Whatever happens to a
 * log, an epoch and a seq are one message, to everybody.
 *
 * <p>Any thread may call.
 */
public final class Ledger {
    private static final int SHOWN_PROBLEMS = 20;

    private final boolean mayLose;
    private final Map<Place, String> keyByPlace = new ConcurrentHashMap<>();
    private final Map<Long, String> keyBySeq = new ConcurrentHashMap<>();
    private final Map<String, Long> seqByKey = new ConcurrentHashMap<>();
    private final Map<String, Long> acked = new ConcurrentHashMap<>();
    private final List<View> views = new ArrayList<>();
    private final Queue<Sending> sendings = new ConcurrentLinkedQueue<>();
    private final Set<String> sentOnce = ConcurrentHashMap.newKeySet();
    private final Set<String> sentAgain = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
    private final LongAdder contradictions = new LongAdder();

    private record Place(String epoch, long seq) {}

    /** Of a log that loses nothing, whatever its epochs are: a seq is one message in all of them. */
    public Ledger() {
        this(false);
    }

    private Ledger(boolean mayLose) {
        this.mayLose = mayLose;
    }

    /** Of a log that may come to lack what it acked: what its {@link #history} has at the end everybody has to have. */
    public static Ledger ofALogThatMayLose() {
        return new Ledger(true);
    }

    /** A message was acked. */
    public void acked(String key, String epoch, long seq) {
        Long before = acked.putIfAbsent(key, seq);
        if (before != null && before != seq && !mayLose) {
            contradicts(key + " was acked as " + before + " and as " + seq);
        }
        stands(key, epoch, seq, "an ack");
    }

    /** Opens the book of one subscriber, who has to see everything behind that seq. */
    public View view(String who, long after) {
        View view = new View(who, after);
        synchronized (views) {
            views.add(view);
        }
        return view;
    }

    /** Opens the book of one connection that sends. */
    public Sending sending(String who) {
        Sending sending = new Sending(who);
        sendings.add(sending);
        return sending;
    }

    /** Opens the book of one who reads all that the log has. */
    public View history() {
        View view = view("the history", 0);
        view.isHistory = true;
        return view;
    }

    public int ackedCount() {
        return acked.size();
    }

    /** The highest seq of an ack, 0 for none. */
    public long head() {
        return acked.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private void stands(String key, String epoch, long seq, String where) {
        String keyThere = keyByPlace.putIfAbsent(new Place(epoch, seq), key);
        if (keyThere != null && !keyThere.equals(key)) {
            contradicts("seq " + seq + " of epoch " + epoch + " is " + keyThere + ", but " + key + " in " + where);
        } else if (!mayLose) {
            standsForEver(key, seq, where);
        }
    }

    private void standsForEver(String key, long seq, String where) {
        String otherKey = keyBySeq.putIfAbsent(seq, key);
        if (otherKey != null && !otherKey.equals(key)) {
            contradicts("seq " + seq + " is " + otherKey + ", but " + key + " in " + where);
        }
        Long otherSeq = seqByKey.putIfAbsent(key, seq);
        if (otherSeq != null && otherSeq != seq) {
            contradicts(key + " is stored at " + otherSeq + ", but also at " + seq + " in " + where);
        }
    }

    /** What no promise allows, as a client saw it. */
    void contradicts(String problem) {
        contradictions.increment();
        note(problem);
    }

    private void note(String problem) {
        if (problems.size() < SHOWN_PROBLEMS) {
            problems.add(problem);
        }
    }

    /** What one subscriber saw, over all of its connections. */
    public final class View {
        private final String who;
        private final long after;
        private final BitSet seen = new BitSet();
        private final BitSet excused = new BitSet();
        private long highest;
        private long doubled;
        private long reordered;
        private long gaps;
        private boolean isHistory;
        private int anew;

        private View(String who, long after) {
            this.who = who;
            this.after = after;
            this.highest = after;
        }

        /** A message came. */
        public synchronized void saw(String key, String epoch, long seq) {
            stands(key, epoch, seq, "the view of " + who);
            if (isHistory && mayLose) {
                keyBySeq.put(seq, key);
            }
            if (seen.get((int) seq) || seq <= after) {
                doubled++;
                note(who + " saw " + seq + " again");
            } else if (seq < highest) {
                reordered++;
                note(who + " saw " + seq + " after " + highest);
            }
            seen.set((int) seq);
            highest = Math.max(highest, seq);
        }

        /** These were named as past retention. */
        public synchronized void gap(long from, long to) {
            gaps++;
            excused.set((int) from, (int) to + 1);
            highest = Math.max(highest, to);
        }

        /** Its reader was told of a new epoch, and that what comes begins behind that seq: what it saw there is void. */
        synchronized void goesOnBehind(long seq) {
            anew++;
            if (seq != highest && !mayLose) {
                contradicts(
                        who + " was at " + highest + " and is to go on behind " + seq + ", though nothing was lost");
            }
            if (seq < highest) {
                seen.clear((int) seq + 1, seen.size() + 1);
                excused.clear((int) seq + 1, excused.size() + 1);
                highest = seq;
            }
        }

        /** The highest seq that was seen or named as gone. */
        public synchronized long highest() {
            return highest;
        }

        private boolean has(long seq) {
            return seq <= after || seen.get((int) seq) || excused.get((int) seq);
        }

        private long holes() {
            long holes = 0;
            for (long seq = after + 1; seq <= highest; seq++) {
                if (!has(seq)) {
                    holes++;
                    note(who + " has a hole at " + seq);
                }
            }
            return holes;
        }

        private long lost() {
            return keyBySeq.entrySet().stream()
                    .filter(message -> !has(message.getKey()))
                    .peek(message ->
                            note(who + " never saw " + message.getValue() + ", which is at " + message.getKey()))
                    .count();
        }
    }

    /** What one connection sent, in its order: of what was sent but once, and not refused, the seqs have to rise. */
    public final class Sending {
        private final String who;
        private final Set<String> keys = new LinkedHashSet<>();

        private Sending(String who) {
            this.who = who;
        }

        /** A message goes out. Of one that goes out again nobody knows which time it was stored. */
        public synchronized void sent(String key) {
            if (sentOnce.add(key)) {
                keys.add(key);
            } else {
                sentAgain.add(key);
            }
        }

        /** A message was answered by an error: sent again, it may come behind later ones. */
        public synchronized void refused(String key) {
            keys.remove(key);
        }

        private synchronized long disordered() {
            long disordered = 0;
            long highest = 0;
            for (String key : keys) {
                Long seq = acked.get(key);
                if (seq == null || sentAgain.contains(key)) {
                    continue;
                }
                if (seq < highest) {
                    disordered++;
                    note(who + " sent " + key + ", which is at " + seq + ", after one that is at " + highest);
                }
                highest = Math.max(highest, seq);
            }
            return disordered;
        }
    }

    /**
     * What was kept and what was broken, summed over all subscribers.
     *
     * @param lost acked, or seen by somebody, but not by one who had to see it
     * @param doubled seen again
     * @param reordered seen after a later one
     * @param holes neither seen nor named as gone, though a later one was seen
     * @param contradictions one seq for two messages, two seqs for one, seen messages that are void, an answer that
     *     PROTOCOL.md does not know, or messages of one connection in another order than it sent them
     * @param gaps named as gone: allowed, and for the test to judge
     * @param anew how often a subscriber was told of a new epoch: allowed, and for the test to judge
     */
    public record Report(
            int acked,
            int subscribers,
            long lost,
            long doubled,
            long reordered,
            long holes,
            long contradictions,
            long gaps,
            int anew) {
        boolean isKept() {
            return lost + doubled + reordered + holes + contradictions == 0;
        }
    }

    public Report report() {
        long lost = 0;
        long doubled = 0;
        long reordered = 0;
        long holes = 0;
        long gaps = 0;
        int anew = 0;
        long disordered = mayLose // then its seqs begin anew
                ? 0
                : sendings.stream().mapToLong(Sending::disordered).sum();
        synchronized (views) {
            for (View view : views) {
                synchronized (view) {
                    lost += view.lost();
                    doubled += view.doubled;
                    reordered += view.reordered;
                    holes += view.holes();
                    gaps += view.gaps;
                    anew += view.anew;
                }
            }
            return new Report(
                    acked.size(),
                    views.size(),
                    lost,
                    doubled,
                    reordered,
                    holes,
                    contradictions.sum() + disordered,
                    gaps,
                    anew);
        }
    }

    /**
     * Demands that every promise was kept.
     *
     * @throws AssertionError with the counts and the first problems, if one was broken
     */
    public Report assertKept() {
        Report report = report();
        if (!report.isKept()) {
            throw new AssertionError(report + "\n" + String.join("\n", problems));
        }
        return report;
    }
}
