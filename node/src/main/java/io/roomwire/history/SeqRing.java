package io.roomwire.history;

import org.jspecify.annotations.Nullable;

/**
 * The newest elements of a sequence without holes, by seq. Grows by doubling; the caller drops what is too old.
 *
 * <p>Not thread safe.
 */
final class SeqRing<T> {
    private static final int FIRST_CAPACITY = 8;

    private @Nullable Object[] slots = new Object[FIRST_CAPACITY];
    private long first;
    private int size;

    /** Begins behind that seq. */
    SeqRing(long head) {
        first = head + 1;
    }

    /** The seq of the oldest element; {@code head() + 1} if there is none. */
    long first() {
        return first;
    }

    /** The seq of the newest element that was ever added. */
    long head() {
        return first + size - 1;
    }

    int size() {
        return size;
    }

    void add(T element) {
        if (size == slots.length) {
            grow();
        }
        slots[slot(first + size)] = element;
        size++;
    }

    /** Takes the oldest out. */
    T dropFirst() {
        T element = get(first);
        slots[slot(first)] = null;
        first++;
        size--;
        return element;
    }

    /** @throws IndexOutOfBoundsException if the ring does not hold that seq */
    @SuppressWarnings("unchecked")
    T get(long seq) {
        Object element = seq < first || seq > head() ? null : slots[slot(seq)];
        if (element == null) {
            throw new IndexOutOfBoundsException("seq " + seq + " of " + first + " to " + head());
        }
        return (T) element;
    }

    private int slot(long seq) {
        return (int) (seq & (slots.length - 1)); // the capacity is a power of two
    }

    private void grow() {
        @Nullable Object[] old = slots;
        slots = new Object[old.length * 2];
        for (long seq = first; seq < first + size; seq++) {
            slots[slot(seq)] = old[(int) (seq & (old.length - 1))];
        }
    }
}
