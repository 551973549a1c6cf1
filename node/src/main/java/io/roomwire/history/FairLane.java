package io.roomwire.history;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of drafts to a server that takes them one after the other: so many bytes are under way at a time, the rest waits
 * here and not in a connection, where it could not be overtaken, see {@link FairQueue}.
 *
 * <p>Any thread may call; the object's own lock guards every field, and the order in which drafts are sent.
 */
final class FairLane {
    private final long maxUnderWay;
    private final long longestWaitNs;
    private final FairQueue queue;
    private final Way way;
    private long underWay;
    private boolean sending;

    /** Sends one draft. Called on any thread, for one draft at a time. */
    interface Way {
        CompletionStage<Receipt> send(Draft draft);
    }

    /**
     * @param maxUnderWay bytes that are sent and not answered
     * @param longestWaitMs then a draft that waits fails
     */
    FairLane(long maxUnderWay, long longestWaitMs, FairQueue queue, Way way) {
        this.maxUnderWay = maxUnderWay;
        this.longestWaitNs = TimeUnit.MILLISECONDS.toNanos(longestWaitMs);
        this.queue = queue;
        this.way = way;
    }

    CompletionStage<Receipt> append(Draft draft) {
        Pending pending = new Pending(draft, new CompletableFuture<>(), System.nanoTime());
        Pending out = queue.offer(pending);
        if (out != null) {
            out.fail(new LogUnavailableException("more wait for Redis than may: " + queue.size() + " messages"));
        }
        sendOn();
        return pending.receipt();
    }

    private synchronized void sendOn() {
        if (sending) {
            return; // one that failed at once; the loop below goes on
        }
        sending = true;
        try {
            for (Pending next = next(); next != null; next = next()) {
                send(next);
            }
        } finally {
            sending = false;
        }
    }

    private @Nullable Pending next() {
        return underWay < maxUnderWay ? queue.poll() : null;
    }

    private void send(Pending pending) {
        if (System.nanoTime() - pending.sinceNs() > longestWaitNs) {
            pending.fail(new LogUnavailableException("Redis is too slow for the messages that wait"));
            return;
        }
        underWay += FairQueue.cost(pending);
        way.send(pending.draft()).whenComplete((receipt, error) -> {
            answered(FairQueue.cost(pending));
            if (error == null) {
                pending.receipt().complete(receipt);
            } else {
                pending.receipt().completeExceptionally(error);
            }
            sendOn();
        });
    }

    private synchronized void answered(long bytes) {
        underWay -= bytes;
    }
}
