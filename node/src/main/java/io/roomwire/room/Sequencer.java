package io.roomwire.room;

import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The order of one room: lets seq n + 1 pass after n, drops what has passed, holds back what came early.
 *
 * <p>Pure and not thread safe: the room's owner has it.
 */
final class Sequencer<T> {
    private final Consumer<T> pass;
    private final Consumer<T> drop;
    private long passed;

    /** What came early; null as long as nothing ever did, which is the life of most rooms. */
    private @Nullable TreeMap<Long, T> early;

    /**
     * @param pass gets each item in its turn
     * @param drop gets each item that passed before
     */
    Sequencer(long head, Consumer<T> pass, Consumer<T> drop) {
        this.passed = head;
        this.pass = pass;
        this.drop = drop;
    }

    /** The seq that passed last. */
    long passed() {
        return passed;
    }

    void offer(long seq, T item) {
        if (seq <= passed) {
            drop.accept(item);
        } else if (seq > passed + 1) {
            if (early == null) {
                early = new TreeMap<>();
            }
            T before = early.putIfAbsent(seq, item);
            if (before != null) {
                drop.accept(item);
            }
        } else {
            passed = seq;
            pass.accept(item);
            releaseEarly();
        }
    }

    private void releaseEarly() {
        while (early != null && !early.isEmpty() && early.firstKey() == passed + 1) {
            passed++;
            pass.accept(early.pollFirstEntry().getValue());
        }
    }

    /** Whether something waits for a seq that has not come. */
    boolean hasHole() {
        return early != null && !early.isEmpty();
    }

    /** What is missing up to that seq is past retention: goes on behind it. */
    void skipTo(long seq) {
        if (seq > passed) {
            passed = seq;
            while (early != null && !early.isEmpty() && early.firstKey() <= passed) {
                drop.accept(early.pollFirstEntry().getValue());
            }
            releaseEarly();
        }
    }

    /** Drops everything that is held back. */
    void clear() {
        if (early != null) {
            early.values().forEach(drop);
            early = null;
        }
    }
}
