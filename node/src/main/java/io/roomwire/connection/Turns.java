package io.roomwire.connection;

import java.util.ArrayDeque;

/**
 * Shares a loop's time: connections that need much of it wait here, and have a part of each pass together, one frame after
 * the other. However many they are, and whatever they send, all others wait for that part and no longer.
 *
 * <p>Belongs to its {@link Loop}.
 */
public final class Turns {
    /** As long as a message takes on its way; the whole of a loop that has nothing else to do. */
    private static final long PART_OF_A_PASS_NS = 1_000_000;

    private final Loop loop;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Runnable run = this::run;
    private boolean scheduled;

    Turns(Loop loop) {
        this.loop = loop;
    }

    /** Who waits for a turn. Called on the loop's thread. */
    public interface Waiting {
        /** Does a little; returns whether it wants another turn. */
        boolean turn();
    }

    /** Gives it turns from the next pass on, until it wants no more. */
    public void enqueue(Waiting each) {
        assert loop.inLoop();
        waiting.add(each);
        schedule();
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            loop.inNextPass(run);
        }
    }

    private void run() {
        scheduled = false;
        long startNs = System.nanoTime();
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            if (next.turn()) {
                waiting.add(next);
            }
            if (System.nanoTime() - startNs > PART_OF_A_PASS_NS) {
                break;
            }
        }
        if (!waiting.isEmpty()) {
            schedule();
        }
    }
}
