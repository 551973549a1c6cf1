package io.roomwire.connection;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bytes of stored messages that may be on their way from the log to clients, of all loops of a node together. Who finds none
 * left waits in line; who holds some and does not read, while others wait, has to go.
 *
 * <p>Any thread may call; the object's own lock guards every field. Time comes in as {@link System#nanoTime}.
 */
public final class PageBudget {
    /** A crowd that comes back takes some seconds; a log that does not answer takes its timeout for each page under way. */
    private static final long LONGEST_WAIT_NS = 30_000_000_000L;

    private final long maxBytes;
    private final long patienceNs;
    private final ArrayDeque<Claim> waiting = new ArrayDeque<>();

    /** Since when each has been on its way to its socket, longest first; of some that is not so yet. */
    private final Map<Claim, Long> held = new LinkedHashMap<>();

    private long usedBytes;

    /**
     * @param maxBytes 0 for no limit
     * @param patienceNs how long a socket may take for a page that others wait for
     */
    public PageBudget(long maxBytes, long patienceNs) {
        this.maxBytes = maxBytes == 0 ? Long.MAX_VALUE : maxBytes;
        this.patienceNs = patienceNs;
    }

    /** One page for one client. Called on any thread, also within {@link #ask}. */
    interface Claim {
        /** Most that it may take. */
        long bytes();

        void granted();

        /** It holds what others wait for. */
        void tooSlow();

        /** When it began to wait. */
        long sinceNs();

        /** It has waited for too long, and does not any more. */
        void tooLate();
    }

    /** Grants the claim now or later. Returns whether it has to wait. */
    boolean ask(Claim claim) {
        synchronized (this) {
            if (!waiting.isEmpty() || !fits(claim)) {
                waiting.add(claim);
                return true;
            }
            take(claim);
        }
        claim.granted();
        return false;
    }

    /** One that is larger than the whole is granted when nobody else has any. */
    private boolean fits(Claim claim) {
        return usedBytes == 0 || claim.bytes() <= maxBytes - usedBytes;
    }

    private void take(Claim claim) {
        usedBytes += claim.bytes();
        held.put(claim, Long.MAX_VALUE);
    }

    /** The page is on its way to the socket from now on. */
    synchronized void sending(Claim claim, long nowNs) {
        if (held.remove(claim) != null) {
            held.put(claim, nowNs); // behind all that were sent before
        }
    }

    /** The claim has ended, whether it was granted or not. */
    void giveBack(Claim claim) {
        List<Claim> next;
        synchronized (this) {
            if (held.remove(claim) == null) {
                waiting.remove(claim);
            } else {
                usedBytes -= claim.bytes();
            }
            next = takeNext();
        }
        next.forEach(Claim::granted);
    }

    private List<Claim> takeNext() {
        List<Claim> next = new ArrayList<>(1);
        for (Claim first = waiting.peek(); first != null && fits(first); first = waiting.peek()) {
            take(waiting.remove());
            next.add(first);
        }
        return next;
    }

    /** Whether the claim waits or was granted. */
    synchronized boolean knows(Claim claim) {
        return held.containsKey(claim) || waiting.contains(claim);
    }

    /** Tells those that are too slow, and those that waited for too long; returns whether anybody waits. */
    boolean look(long nowNs) {
        List<Claim> slow = new ArrayList<>();
        List<Claim> late = new ArrayList<>();
        List<Claim> next;
        boolean wait;
        synchronized (this) {
            wait = !waiting.isEmpty();
            for (Claim first = waiting.peek();
                    first != null && nowNs - first.sinceNs() > LONGEST_WAIT_NS;
                    first = waiting.peek()) {
                late.add(waiting.remove());
            }
            held.forEach((claim, sinceNs) -> {
                if (sinceNs != Long.MAX_VALUE && nowNs - sinceNs > patienceNs) {
                    slow.add(claim);
                }
            });
            next = takeNext();
        }
        if (wait) {
            slow.forEach(Claim::tooSlow);
        }
        late.forEach(Claim::tooLate);
        next.forEach(Claim::granted);
        return wait;
    }

    /** Bytes that are on their way. */
    public synchronized long usedBytes() {
        return usedBytes;
    }
}
