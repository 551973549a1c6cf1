package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.history.Page;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What members that come back to one room have missed: read from the log once and encoded once, for all of them.
 *
 * <p>When a node dies, its members come back elsewhere within a second, and all of them miss much the same. So equal reads
 * are one; and what was read up to the room's head is kept for a while, with what is delivered meanwhile behind it.
 *
 * <p>Belongs to the room's owner.
 */
final class Missed {
    /** Clients that lost their node are back within some seconds, or they came alone. */
    private static final long KEPT_MS = 10_000;

    /** Then it is read again, however many ask: what was erased in the log meanwhile must not live on here. */
    private static final long MOST_MS = 60_000;

    /** Of one room, and the rooms that may keep some at a time: 64 MiB in all. */
    private static final int MAX_BYTES = 256 * 1024;

    private static final int MAX_ROOMS = 256;

    static final int PAGE_MESSAGES = 200;

    private final RoomId room;
    private final Loop owner;
    private final Rooms rooms;

    /** By the seq behind which they read. */
    private final Map<Long, List<Reader>> reading = new HashMap<>(2);

    /** Reaches the room's head; null while nobody came back. */
    private @Nullable FrameRun recent;

    private long askedNs;
    private long keptSinceNs;

    Missed(RoomId room, Loop owner, Rooms rooms) {
        this.room = room;
        this.owner = owner;
        this.rooms = rooms;
    }

    /** Who wants to have what it missed. */
    interface Reader {
        /**
         * @param run its first message is the next one that can be had
         * @param epoch of the log at that moment
         */
        void read(FrameRun run, String epoch);

        void failed(Throwable error);
    }

    /** Reads behind that seq, which is before the head. */
    void behind(long after, LogOrder order, Reader reader) {
        assert owner.inLoop();
        askedNs = System.nanoTime();
        if (recent != null && recent.has(after + 1)) {
            reader.read(recent, order.head().epoch());
            return;
        }
        List<Reader> equal = reading.get(after);
        if (equal != null) {
            equal.add(reader);
            return;
        }
        equal = new ArrayList<>(1);
        equal.add(reader);
        reading.put(after, equal);
        rooms.log
                .read(room, Range.behind(after, PAGE_MESSAGES).within(Resume.CHUNK_BYTES))
                .whenComplete((page, error) -> owner.run(() -> answered(after, order, page, error)));
    }

    private void answered(long after, LogOrder order, @Nullable Page page, @Nullable Throwable error) {
        List<Reader> readers = reading.remove(after);
        if (readers == null) {
            return;
        }
        if (page == null || error != null) {
            Throwable cause = error == null ? new IllegalStateException("the log answered without a page") : error;
            readers.forEach(each -> each.failed(cause));
            return;
        }
        FrameRun run = FrameRun.of(room, after, page, rooms.writer);
        if (page.head().epoch().equals(order.head().epoch())
                && run.last() >= order.head().seq()) {
            keep(run);
        }
        readers.forEach(each -> each.read(run, page.head().epoch()));
    }

    private void keep(FrameRun run) {
        boolean longer = recent == null || recent.bytes() < run.bytes();
        if (!longer || run.bytes() > MAX_BYTES) {
            return;
        }
        if (recent == null) {
            if (rooms.keepingMissed.incrementAndGet() > MAX_ROOMS) {
                rooms.keepingMissed.decrementAndGet();
                return;
            }
            keptSinceNs = System.nanoTime();
            owner.after(KEPT_MS, this::giveUpIfIdle);
        }
        recent = run;
    }

    private void giveUpIfIdle() {
        long now = System.nanoTime();
        long idleMs = TimeUnit.NANOSECONDS.toMillis(now - askedNs);
        if (idleMs >= KEPT_MS || now - keptSinceNs >= TimeUnit.MILLISECONDS.toNanos(MOST_MS)) {
            giveUp();
        } else if (recent != null) {
            owner.after(KEPT_MS - idleMs, this::giveUpIfIdle);
        }
    }

    /** A message was delivered; the frame stays the caller's. */
    void delivered(long seq, Frame frame) {
        if (recent != null && seq > recent.last()) {
            recent.add(seq, frame);
            if (recent.last() != seq || recent.bytes() > MAX_BYTES) {
                giveUp();
            }
        }
    }

    /** Keeps nothing any more: it no longer reaches the head, or it is not asked for. */
    void giveUp() {
        if (recent != null) {
            recent = null;
            rooms.keepingMissed.decrementAndGet();
        }
    }
}
