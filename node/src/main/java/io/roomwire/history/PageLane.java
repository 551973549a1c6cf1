package io.roomwire.history;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets a few reads of pages be under way at a time on a connection that other commands share: an answer of a megabyte holds up
 * all that are behind it. The others wait here, in their order.
 *
 * <p>Any thread may call; the object's own lock guards every field.
 */
final class PageLane {
    /** Reads that may wait; more would only wait past their time. */
    private static final int MAX_WAITING = 10_000;

    private final int maxUnderWay;
    private final long longestWaitNs;
    private final ArrayDeque<Read> waiting = new ArrayDeque<>();
    private int underWay;

    private record Read(Supplier<CompletionStage<Page>> read, CompletableFuture<Page> page, long sinceNs) {}

    PageLane(int maxUnderWay, long longestWaitMs) {
        this.maxUnderWay = maxUnderWay;
        this.longestWaitNs = TimeUnit.MILLISECONDS.toNanos(longestWaitMs);
    }

    /** Begins the read now or later; it may be called on any thread. */
    CompletionStage<Page> read(Supplier<CompletionStage<Page>> read) {
        Read mine = new Read(read, new CompletableFuture<>(), System.nanoTime());
        synchronized (this) {
            if (underWay == maxUnderWay) {
                if (waiting.size() == MAX_WAITING) {
                    mine.page.completeExceptionally(new LogUnavailableException("too many reads wait for Redis"));
                } else {
                    waiting.add(mine);
                }
                return mine.page;
            }
            underWay++;
        }
        begin(mine);
        return mine.page;
    }

    private void begin(Read first) {
        for (Read next = first; next != null; next = ended()) {
            Read read = next;
            if (System.nanoTime() - read.sinceNs > longestWaitNs) {
                read.page.completeExceptionally(
                        new LogUnavailableException("Redis is too slow for the reads that wait"));
                continue;
            }
            CompletableFuture<Page> answer = read.read.get().toCompletableFuture();
            if (!answer.isDone()) {
                answer.whenComplete((page, error) -> {
                    Read after = ended();
                    tell(read, page, error);
                    if (after != null) {
                        begin(after);
                    }
                });
                return;
            }
            answer.whenComplete((page, error) -> tell(read, page, error)); // Redis is away: all fail at once
        }
    }

    private static void tell(Read read, @Nullable Page page, @Nullable Throwable error) {
        if (page != null) {
            read.page.complete(page);
        } else {
            read.page.completeExceptionally(error == null ? new LogUnavailableException("no page") : error);
        }
    }

    /** One has ended; returns the one whose turn it is, which counts already. */
    private synchronized @Nullable Read ended() {
        Read next = waiting.poll();
        if (next == null) {
            underWay--;
        }
        return next;
    }
}
