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
        List<Claim> next = new ArrayList<>(1);
        synchronized (this) {
            if (held.remove(claim) == null) {
                waiting.remove(claim);
            } else {
                usedBytes -= claim.bytes();
            }
            for (Claim first = waiting.peek(); first != null && fits(first); first = waiting.peek()) {
                take(waiting.remove());
                next.add(first);
            }
        }
        next.forEach(Claim::granted);
    }

    /** Tells those that are too slow; returns whether anybody waits. */
    boolean look(long nowNs) {
        List<Claim> slow = new ArrayList<>();
        synchronized (this) {
            if (waiting.isEmpty()) {
                return false;
            }
            held.forEach((claim, sinceNs) -> {
                if (sinceNs != Long.MAX_VALUE && nowNs - sinceNs > patienceNs) {
                    slow.add(claim);
                }
            });
        }
        slow.forEach(Claim::tooSlow);
        return true;
    }

    /** Bytes that are on their way. */
    public synchronized long usedBytes() {
        return usedBytes;
    }
}
