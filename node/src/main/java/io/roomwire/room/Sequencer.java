package io.roomwire.room;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The order of one room: lets seq n + 1 pass after n, drops what has passed, holds back what came early, as long as that is
 * not too much.
 *
 * <p>Pure and not thread safe: the room's owner has it.
 */
final class Sequencer<T> {
    private final Consumer<T> pass;
    private final Consumer<T> drop;
    private final ToIntFunction<T> size;
    private final long mostEarly;
    private long passed;

    /** What came early; null as long as nothing ever did, which is the life of most rooms. */
    private @Nullable TreeMap<Long, T> early;

    private long earlySize;

    /**
     * @param pass gets each item in its turn
     * @param drop gets each item that passed before, and what there is no room to hold back
     * @param size of an item
     * @param mostEarly the size of all that is held back at a time
     */
    Sequencer(long head, Consumer<T> pass, Consumer<T> drop, ToIntFunction<T> size, long mostEarly) {
        this.passed = head;
        this.pass = pass;
        this.drop = drop;
        this.size = size;
        this.mostEarly = mostEarly;
    }

    /** The seq that passed last. */
    long passed() {
        return passed;
    }

    void offer(long seq, T item) {
        if (seq <= passed) {
            drop.accept(item);
        } else if (seq > passed + 1) {
            holdBack(seq, item);
        } else {
            passed = seq;
            pass.accept(item);
            releaseEarly();
        }
    }

    private void holdBack(long seq, T item) {
        if (early == null) {
            early = new TreeMap<>();
        }
        int itsSize = size.applyAsInt(item);
        if (earlySize + itsSize > mostEarly || early.putIfAbsent(seq, item) != null) {
            drop.accept(item);
        } else {
            earlySize += itsSize;
        }
    }

    private boolean hasEarlyUpTo(long seq) {
        return early != null && !early.isEmpty() && early.firstKey() <= seq;
    }

    private T taken(Map.Entry<Long, T> entry) {
        T item = entry.getValue();
        earlySize -= size.applyAsInt(item);
        return item;
    }

    private void releaseEarly() {
        while (early != null && hasEarlyUpTo(passed + 1)) {
            passed++;
            pass.accept(taken(early.pollFirstEntry()));
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
            while (early != null && hasEarlyUpTo(passed)) {
                drop.accept(taken(early.pollFirstEntry()));
            }
            releaseEarly();
        }
    }

    /** Drops everything that is held back. */
    void clear() {
        if (early != null) {
            early.values().forEach(drop);
            early = null;
            earlySize = 0;
        }
    }
}
