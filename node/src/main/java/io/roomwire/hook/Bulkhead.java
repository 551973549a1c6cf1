package io.roomwire.hook;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * How many calls are made at a time, and how many may wait for that. One of resilience4j turns away what ours lets wait, or
 * blocks a thread for each that waits. Any thread may call.
 */
final class Bulkhead {
    private final int width;
    private final int maxWaiting;
    private final Executor executor;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int busy;

    /**
     * @param executor runs the tasks that had to wait. If they ran on the thread that ends the task before, a row of tasks
     *     that end at once would nest without a bound
     */
    Bulkhead(int width, int maxWaiting, Executor executor) {
        this.width = width;
        this.maxWaiting = maxWaiting;
        this.executor = executor;
    }

    /** Runs the call now or when one {@link #leave}s; false if too many wait. Each that has run has to leave. */
    boolean enter(Runnable call) {
        synchronized (this) {
            if (busy == width) {
                if (waiting.size() == maxWaiting) {
                    return false;
                }
                waiting.add(call);
                return true;
            }
            busy++;
        }
        call.run();
        return true;
    }

    void leave() {
        Runnable next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                busy--;
                return;
            }
        }
        executor.execute(next);
    }
}
