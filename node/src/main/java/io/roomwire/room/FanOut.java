package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The walks of one event loop. At the end of each pass, what came in for a room goes to its members by one write each.
 *
 * <p>Belongs to the loop. Rooms take turns, and the loop looks after its sockets between passes, so that a room of 10,000
 * delays a room of two by a slice and not by a walk.
 */
final class FanOut {
    /** Members that are written to before it is another room's turn: about a millisecond at 5 us a send. */
    private static final int TURN = 256;

    /** Members that are written to before the sockets are read again. */
    private static final int PASS = 1024;

    private final Loop loop;
    private final Metrics metrics;
    private final ArrayDeque<LoopMembers> turns = new ArrayDeque<>();
    private final Runnable pass = this::pass;
    private boolean scheduled;

    FanOut(Loop loop, Metrics metrics) {
        this.loop = loop;
        this.metrics = metrics;
    }

    Loop loop() {
        return loop;
    }

    /** Takes the frame over. */
    void add(LoopMembers members, Frame frame, @Nullable UserId about) {
        assert loop.inLoop();
        if (members.enqueue(frame, about)) {
            turns.add(members);
        }
        if (!scheduled) {
            scheduled = true;
            loop.atEndOfPass(pass);
        }
    }

    private void pass() {
        scheduled = false;
        for (int left = PASS; left > 0 && !turns.isEmpty(); left -= TURN) {
            LoopMembers members = turns.remove();
            int budget = TURN;
            while (budget > 0 && members.hasWork()) {
                budget -= turn(members, budget);
            }
            if (members.hasWork()) {
                turns.add(members);
            }
        }
        if (!turns.isEmpty()) {
            scheduled = true;
            loop.inNextPass(pass);
        }
    }

    /** @return how much of the budget it used: the members that it passed, at least one */
    private int turn(LoopMembers members, int budget) {
        Batch ended = members.walk(budget);
        if (ended == null) {
            return budget;
        }
        metrics.messagesSent(ended.written);
        if (ended.dropped > 0) {
            metrics.messagesDropped(ended.dropped);
        }
        long now = System.nanoTime();
        for (Frame frame : ended.frames()) {
            if (frame.acceptedNs() != 0) {
                metrics.delivered(now - frame.acceptedNs());
            }
        }
        ended.release();
        return Math.max(1, ended.end);
    }
}
