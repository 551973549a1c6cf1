package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config.Overflow;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One room's members on one event loop, as an array to walk. Belongs to that loop, but for {@link #count}.
 *
 * <p>A walk may be cut in slices. Members that come meanwhile stand behind the batch's end; members that go leave a hole,
 * which is closed when nothing waits, so that a walk neither misses nor repeats one.
 */
final class LoopMembers {
    private static final int FIRST_CAPACITY = 1;

    /** The walks of the loop that these are on. */
    final FanOut fanOut;

    /** Those of the same room on another loop; null at the end. The room's owner goes from one to the next. */
    final @Nullable LoopMembers next;

    private final Overflow overflow;

    /** How many members there are or are about to be, as the room's owner knows it; the owner has it. */
    int count;

    private @Nullable Membership[] members = new Membership[FIRST_CAPACITY];
    private int size;
    private int holes;

    /** Null while nothing waits: most rooms are silent. */
    private @Nullable ArrayDeque<Batch> waiting;

    LoopMembers(FanOut fanOut, Overflow overflow, @Nullable LoopMembers next) {
        this.fanOut = fanOut;
        this.overflow = overflow;
        this.next = next;
    }

    void add(Membership member) {
        if (waiting != null) {
            waiting.getLast().seal(size);
        }
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
        }
        member.slot = size;
        member.among = this;
        members[size++] = member;
    }

    /** Does nothing if it is not among them. */
    void remove(Membership member) {
        if (member.among != this) {
            return;
        }
        member.among = null;
        if (waiting != null) {
            members[member.slot] = null;
            holes++;
            return;
        }
        Membership last = members[--size];
        members[size] = null;
        if (last != null && last != member) {
            members[member.slot] = last;
            last.slot = member.slot;
        }
    }

    /**
     * Takes a frame over, for the next walk.
     *
     * @param about see {@link Batch}
     * @return whether nothing had waited before
     */
    boolean enqueue(Frame frame, @Nullable UserId about) {
        boolean first = waiting == null;
        if (waiting == null) {
            waiting = new ArrayDeque<>(2);
        }
        Batch last = waiting.peekLast();
        if (last == null || !last.take(frame, about)) {
            if (last != null) {
                last.seal(size);
            }
            Batch next = new Batch(about);
            next.take(frame, about);
            waiting.add(next);
        }
        return first;
    }

    boolean hasWork() {
        return waiting != null;
    }

    /**
     * Goes on with the oldest batch, for at most that many members.
     *
     * @return the batch if this ended it; the caller releases it
     */
    @Nullable
    Batch walk(int most) {
        if (waiting == null) {
            return null;
        }
        Batch batch = waiting.getFirst();
        batch.seal(size);
        int stop = Math.min(batch.end, batch.at + most);
        int frames = batch.frames().size();
        for (; batch.at < stop; batch.at++) {
            Membership member = members[batch.at];
            if (member != null && batch.isFor(member)) {
                ByteBuf bytes = batch.bytesFor(member);
                if (member.connection().write(bytes, overflow)) {
                    batch.written += frames;
                } else {
                    batch.dropped += frames;
                }
            }
        }
        if (batch.at < batch.end) {
            return null;
        }
        waiting.removeFirst();
        if (waiting.isEmpty()) {
            waiting = null;
            closeHoles();
        }
        return batch;
    }

    /** Sends every member away, to come back at once and resume. */
    void closeAll() {
        for (Membership member : Arrays.copyOf(members, size)) {
            if (member != null) {
                member.connection().close(CloseCode.LOG_BEGAN_ANEW);
            }
        }
    }

    private void closeHoles() {
        if (holes == 0) {
            return;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            Membership member = members[i];
            if (member != null) {
                member.slot = kept;
                members[kept++] = member;
            }
        }
        Arrays.fill(members, kept, size, null);
        size = kept;
        holes = 0;
    }
}
