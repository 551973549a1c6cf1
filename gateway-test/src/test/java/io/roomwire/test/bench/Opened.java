package io.roomwire.test.bench;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a scenario has opened, whose number only its options say. It is closed last first. For one thread. */
final class Opened implements AutoCloseable {
    private final Deque<AutoCloseable> all = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T opened) {
        all.push(opened);
        return opened;
    }

    @Override
    public void close() {
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception | AssertionError e) { // the latter of a node that did not end in order
                Runs.progress("could not be ended: " + e);
            }
        }
    }
}
