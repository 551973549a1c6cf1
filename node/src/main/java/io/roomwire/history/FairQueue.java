package io.roomwire.history;

import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Drafts that wait for a log, in a line for each sender: the senders take turns by bytes (deficit round robin), so one that
 * sends more than the log takes waits behind itself and not before the others. When it is full, whoever has most of it gives
 * way. The drafts of one sender come out in their order.
 *
 * <p>Any thread may call; the object's own lock guards every field.
 */
final class FairQueue {
    /** What a sender's turn allows: some messages as they usually are, and a quarter of the largest by default. */
    private static final long TURN_BYTES = 16 << 10;

    /** What a draft costs beside its content. */
    private static final int DRAFT_BYTES = 64;

    private final int maxDrafts;
    private final long maxBytes;
    private final Map<UserId, Line> lines = new HashMap<>();
    private final ArrayDeque<Line> turns = new ArrayDeque<>();

    /** The longest line, as far as it was looked at. */
    private @Nullable Line longest;

    private int size;
    private long bytes;

    FairQueue(int maxDrafts, long maxBytes) {
        this.maxDrafts = maxDrafts;
        this.maxBytes = maxBytes;
    }

    private static final class Line {
        final UserId sender;
        final ArrayDeque<Pending> waiting = new ArrayDeque<>(2);
        long bytes;
        long credit = TURN_BYTES;

        Line(UserId sender) {
            this.sender = sender;
        }
    }

    /** Returns the draft that has no place, for the caller to fail: this one, or another; null if there was one for it. */
    @Nullable
    synchronized Pending offer(Pending pending) {
        UserId sender = pending.draft().message().sender();
        Line known = lines.get(sender);
        Pending out = null;
        if (size >= maxDrafts || bytes + pending.bytes() > maxBytes) {
            out = giveWay(known == null ? 0 : known.bytes, pending);
            if (out == null) {
                return pending;
            }
        }
        Line line = known;
        if (line == null) {
            line = new Line(sender);
            lines.put(sender, line);
            turns.addLast(line);
        }
        line.waiting.add(pending);
        line.bytes += cost(pending);
        size++;
        bytes += pending.bytes();
        if (longest == null || line.bytes > longest.bytes) {
            longest = line;
        }
        notifyAll();
        return out;
    }

    /** The newest of the longest line, if that is worth it: whoever comes has less than half of it, and then has room. */
    private @Nullable Pending giveWay(long ownBytes, Pending pending) {
        Line line = longest;
        if (line == null || line.waiting.size() < 2 || 2 * (ownBytes + cost(pending)) > line.bytes) {
            return null;
        }
        Pending last = line.waiting.getLast();
        if (bytes - last.bytes() + pending.bytes() > maxBytes) {
            return null;
        }
        line.waiting.removeLast();
        taken(line, last);
        return last;
    }

    /** Bytes that it counts for. */
    static long cost(Pending pending) {
        return (long) pending.bytes() + DRAFT_BYTES;
    }

    private void taken(Line line, Pending pending) {
        line.bytes -= cost(pending);
        size--;
        bytes -= pending.bytes();
    }

    /** The next one, or null if there is none. */
    @Nullable
    synchronized Pending poll() {
        for (Line line = turns.peek(); line != null; line = turns.peek()) {
            Pending first = line.waiting.element();
            if (cost(first) <= line.credit) {
                line.credit -= cost(first);
                line.waiting.remove();
                taken(line, first);
                if (line.waiting.isEmpty()) {
                    turns.remove();
                    lines.remove(line.sender);
                    longest = longest == line ? null : longest;
                }
                return first;
            }
            line.credit += TURN_BYTES;
            turns.addLast(turns.remove());
        }
        return null;
    }

    /** As {@link #poll()}, and waits for one so long. */
    @Nullable
    synchronized Pending poll(long time, TimeUnit unit) throws InterruptedException {
        long untilNs = System.nanoTime() + unit.toNanos(time);
        Pending next = poll();
        for (long leftNs = unit.toNanos(time); next == null && leftNs > 0; leftNs = untilNs - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            next = poll();
        }
        return next;
    }

    /** Takes all out. */
    synchronized List<Pending> drain() {
        List<Pending> all = new ArrayList<>(size);
        for (Line line : turns) {
            all.addAll(line.waiting);
        }
        turns.clear();
        lines.clear();
        longest = null;
        size = 0;
        bytes = 0;
        return all;
    }

    synchronized int size() {
        return size;
    }
}
