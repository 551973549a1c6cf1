package io.roomwire.test.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What has come for one client and was not read yet. A client's event loop puts in, a test's thread waits and takes out;
 * the object's own lock guards every field.
 */
final class Inbox {
    private static final int SHOWN_FRAMES = 10;
    private static final int SHOWN_CHARACTERS = 200;

    private final Deque<Frame> unread = new ArrayDeque<>();
    private final List<String> pongs = new ArrayList<>();
    private int pings;
    private @Nullable Closing end;

    synchronized void received(Frame frame) {
        unread.add(frame);
        notifyAll();
    }

    synchronized void pinged() {
        pings++;
        notifyAll();
    }

    synchronized void ponged(String payload) {
        pongs.add(payload);
        notifyAll();
    }

    synchronized void ended(Closing closing) {
        end = closing;
        notifyAll();
    }

    /** Takes the oldest frame that matches, and waits for it; those before it stay. */
    synchronized Frame expect(String what, Predicate<Frame> matches) {
        Frame[] found = new Frame[1];
        await(what, () -> {
            found[0] = take(matches);
            return found[0] != null;
        });
        return found[0];
    }

    synchronized String expectPong() {
        await("a pong", () -> !pongs.isEmpty());
        return pongs.remove(0);
    }

    synchronized int pings() {
        return pings;
    }

    synchronized void awaitPings(int count) {
        await(count + " pings", () -> pings >= count);
    }

    private @Nullable Frame take(Predicate<Frame> matches) {
        for (Iterator<Frame> each = unread.iterator(); each.hasNext(); ) {
            Frame frame = each.next();
            if (matches.test(frame)) {
                each.remove();
                return frame;
            }
        }
        return null;
    }

    private void await(String what, BooleanSupplier condition) {
        if (!awaitQuietly(condition, TestClient.PATIENCE.toNanos())) {
            String state = end == null ? "none came" : "the connection has ended with " + end;
            throw new AssertionError("expected " + what + ", but " + state + ". Unread: " + shown());
        }
    }

    /** Takes a matching frame if it comes in time, before the connection has ended. */
    synchronized boolean takeWithin(Predicate<Frame> matches, long timeoutNs) {
        return awaitQuietly(() -> take(matches) != null, timeoutNs);
    }

    private boolean awaitQuietly(BooleanSupplier condition, long timeoutNs) {
        long deadlineNs = System.nanoTime() + timeoutNs;
        while (!condition.getAsBoolean()) {
            long leftNs = deadlineNs - System.nanoTime();
            if (end != null || leftNs <= 0) {
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    synchronized List<Frame> unread() {
        return List.copyOf(unread);
    }

    /** For a message to a person: the first few, each not too long. */
    synchronized String shown() {
        String first = unread.stream()
                .limit(SHOWN_FRAMES)
                .map(frame -> frame.text().length() > SHOWN_CHARACTERS
                        ? frame.text().substring(0, SHOWN_CHARACTERS) + "…"
                        : frame.text())
                .collect(Collectors.joining("\n  ", "\n  ", ""));
        return unread.size() + " frames" + (unread.isEmpty() ? "" : first);
    }
}
