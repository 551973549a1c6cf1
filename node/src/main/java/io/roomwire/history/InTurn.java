package io.roomwire.history;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one line begin when the one before has ended, in the order in which they came; lines know nothing of each other.
 * What waits behind a call that failed fails with it: whoever sends in order would else find the rest stored before it.
 *
 * <p>Two calls that are under way at the same time may always change places: the first is sent again, since its script was
 * not known or its slot had moved, and the second arrives meanwhile. So who owes an order has one under way.
 *
 * <p>Any thread may call; a call begins on the caller's thread or on that which ended the one before.
 */
final class InTurn {
    /** By line: those that wait behind the one that is under way. */
    private final ConcurrentHashMap<String, Queue<Call<?>>> lines = new ConcurrentHashMap<>();

    private record Call<T>(Supplier<CompletionStage<T>> begin, CompletableFuture<T> result) {
        /** Returns what is done when the result is. */
        CompletableFuture<T> start() {
            CompletableFuture<T> begun;
            try {
                begun = begin.get().toCompletableFuture();
            } catch (RuntimeException e) {
                begun = CompletableFuture.failedFuture(e);
            }
            return begun.whenComplete((value, error) -> {
                if (error == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(error);
                }
            });
        }
    }

    /** @param begin fails as what it began does, or throws */
    <T> CompletionStage<T> call(String line, Supplier<CompletionStage<T>> begin) {
        Call<T> call = new Call<>(begin, new CompletableFuture<>());
        boolean[] first = new boolean[1];
        lines.compute(line, (name, waiting) -> {
            if (waiting == null) {
                first[0] = true;
                return new ArrayDeque<>(1);
            }
            waiting.add(call);
            return waiting;
        });
        if (first[0]) {
            run(line, call);
        }
        return call.result;
    }

    /** In a loop, since ten thousand that are refused at once must not be as many frames of a stack. */
    private void run(String line, @Nullable Call<?> first) {
        Call<?> next = first;
        while (next != null) {
            CompletableFuture<?> begun = next.start();
            if (!begun.isDone()) {
                begun.whenComplete((value, error) -> run(line, error == null ? next(line) : failed(line, error)));
                return;
            }
            Throwable failure = begun.handle((value, error) -> error).join();
            next = failure == null ? next(line) : failed(line, failure);
        }
    }

    private @Nullable Call<?> next(String line) {
        Call<?>[] next = new Call<?>[1];
        lines.compute(line, (name, waiting) -> {
            next[0] = waiting == null ? null : waiting.poll();
            return next[0] == null ? null : waiting;
        });
        return next[0];
    }

    private @Nullable Call<?> failed(String line, Throwable error) {
        Queue<Call<?>> waiting = lines.remove(line);
        if (waiting != null) {
            Throwable why = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            waiting.forEach(call -> call.result.completeExceptionally(why));
        }
        return null;
    }

    /** How many lines have a call under way. */
    int busy() {
        return lines.size();
    }
}
