package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A share of the memory log's rooms and bytes.
 *
 * <p>Any thread may call; the object's own lock guards every field. When its bytes run out it gives up, in this order:
 * the oldest messages of whatever room, then whole rooms that nobody uses. Ids within the idempotency window are never
 * given up, since that would break a promise: when they and the rooms in use fill the share, appends fail.
 */
final class MemoryShard {
    /** What the objects around a message, an id, a room take beside their bytes, rounded up. */
    private static final int MESSAGE_BYTES = 160;

    private static final int ID_BYTES = 200;
    private static final int ROOM_BYTES = 400;

    private final Config.MemoryLog config;
    private final long maxBytes;
    private final LongSupplier clockMs;
    private final String processEpoch;
    private final Map<RoomId, Life> rooms = new HashMap<>();

    /** Rooms that nobody uses, longest unused first. */
    private final LinkedHashMap<RoomId, Life> unused = new LinkedHashMap<>();

    private final Stored eldest = Stored.listHead();

    /** The ids of all rooms, longest known first. */
    private final ArrayDeque<Expiring> idsByAge = new ArrayDeque<>();

    private long bytes;
    private long livesBegun;

    /**
     * Where the log of a room stands that begins now; one for all in which nothing was said. A room that was forgotten
     * starts again at seq 1, so whatever comes after that is of another epoch.
     */
    private Head unwritten;

    MemoryShard(Config.MemoryLog config, long maxBytes, LongSupplier clockMs, String processEpoch) {
        this.config = config;
        this.maxBytes = maxBytes;
        this.clockMs = clockMs;
        this.processEpoch = processEpoch;
        unwritten = new Head(0, processEpoch);
    }

    synchronized Head open(RoomId room) {
        expireUnused();
        Life life = life(room);
        life.users++;
        unused.remove(room);
        return life.head();
    }

    synchronized void close(RoomId room) {
        Life life = rooms.get(room);
        if (life != null && --life.users == 0) {
            if (life.isUnwritten()) {
                forget(life); // who joins ever new rooms must not fill the share with them
                return;
            }
            life.unusedSinceMs = clockMs.getAsLong();
            unused.put(room, life);
        }
        expireUnused();
    }

    synchronized Receipt append(Draft draft) {
        Life life = life(draft.room());
        Message message = draft.message();
        expireIds();
        Sent key = message.id() == null ? null : new Sent(message.sender(), message.id());
        Long seqOfBefore = key == null ? null : life.ids.get(key);
        if (seqOfBefore != null) {
            return new Receipt(seqOfBefore, true, false, life.epoch());
        }
        int cost = MESSAGE_BYTES + message.content().length + (key == null ? 0 : ID_BYTES);
        if (ROOM_BYTES + cost > maxBytes) {
            throw new RequestException(
                    ErrorCode.TOO_LARGE,
                    "a message of " + message.content().length + " bytes does not fit, a room's share of"
                            + " memory-log.bytes is " + maxBytes);
        }
        makeRoom(cost, life);
        long seq = life.ring.head() + 1;
        Stored stored = new Stored(message.at(seq), life, MESSAGE_BYTES + message.content().length);
        life.add(stored);
        stored.linkBefore(eldest);
        if (key != null) {
            life.know(key, seq);
            idsByAge.add(new Expiring(life, key, clockMs.getAsLong() + config.idempotencyWindowMs()));
        }
        bytes += cost;
        while (life.ring.size() > config.messagesPerRoom()
                || (life.bytes > config.bytesPerRoom() && life.ring.size() > 1)) {
            drop(life);
        }
        return new Receipt(seq, false, false, life.epoch());
    }

    synchronized Page read(RoomId room, Range asked) {
        Life life = rooms.get(room);
        if (life == null) {
            return new Page(List.of(), 1, unwritten);
        }
        Range range = asked.isTimed() ? asked.between(life.seqAt(asked.sinceMs()), life.seqAt(asked.untilMs())) : asked;
        long low = Math.max(Math.min(range.after(), life.ring.head()) + 1, life.ring.first());
        long high = Math.min(range.before() - 1, life.ring.head());
        if (high - low >= range.limit()) {
            if (range.forward()) {
                high = low + range.limit() - 1;
            } else {
                low = high - range.limit() + 1;
            }
        }
        long size = life.fitting(range, low, high);
        boolean cut = size < high - low + 1;
        long from = cut && !range.forward() ? high - size + 1 : low;
        List<Message> messages = new ArrayList<>((int) Math.max(0, size));
        for (long seq = from; seq < from + size; seq++) {
            messages.add(life.ring.get(seq).message);
        }
        return new Page(messages, life.ring.first(), life.head(), cut);
    }

    synchronized Optional<Head> head(RoomId room) {
        return Optional.ofNullable(rooms.get(room)).map(Life::head);
    }

    private Life life(RoomId room) {
        Life life = rooms.get(room);
        if (life == null) {
            life = new Life(room, unwritten);
            rooms.put(room, life);
            bytes += ROOM_BYTES;
            life.unusedSinceMs = clockMs.getAsLong();
            unused.put(room, life);
        }
        return life;
    }

    private void makeRoom(int cost, Life keep) {
        while (bytes + cost > maxBytes && eldest.next != eldest) {
            drop(eldest.next.life);
        }
        Iterator<Life> longestUnused = unused.values().iterator();
        while (bytes + cost > maxBytes && longestUnused.hasNext()) {
            Life life = longestUnused.next();
            if (life != keep && life.ids.isEmpty()) {
                longestUnused.remove();
                forget(life);
            }
        }
        if (bytes + cost > maxBytes) {
            throw new LogUnavailableException("the memory log is full of rooms in use and of message ids within"
                    + " idempotency.window: raise memory-log.bytes or shorten the window");
        }
    }

    /** Drops the oldest message of the room. */
    private void drop(Life life) {
        Stored stored = life.ring.dropFirst();
        stored.unlink();
        life.bytes -= stored.cost;
        bytes -= stored.cost;
    }

    /** Of all rooms: a room in use that nobody writes to any more would keep what others need. */
    private void expireIds() {
        long now = clockMs.getAsLong();
        for (Expiring oldest = idsByAge.peek(); oldest != null && oldest.untilMs <= now; oldest = idsByAge.peek()) {
            idsByAge.remove();
            if (oldest.life.forget(oldest.key)) {
                bytes -= ID_BYTES;
            }
        }
    }

    private void expireUnused() {
        long now = clockMs.getAsLong();
        Iterator<Life> longestUnused = unused.values().iterator();
        while (longestUnused.hasNext()) {
            Life life = longestUnused.next();
            if (now - life.unusedSinceMs < Math.max(config.ttlMs(), config.idempotencyWindowMs())) {
                return;
            }
            longestUnused.remove();
            forget(life);
        }
    }

    private void forget(Life life) {
        while (life.ring.size() > 0) {
            drop(life);
        }
        bytes -= ROOM_BYTES + (long) ID_BYTES * life.ids.size();
        life.ids = Map.of();
        rooms.remove(life.room);
        if (!life.isUnwritten()) { // else no seq was given in this epoch, so the next life may have it as well
            livesBegun++;
            unwritten = new Head(0, processEpoch + "-" + livesBegun);
        }
    }

    /** One life of a room's log. */
    private static final class Life {
        /** Of every room in which nothing was said, and never added to. */
        private static final SeqRing<Stored> UNWRITTEN = new SeqRing<>(0);

        final RoomId room;
        private final Head begin;

        /** A ring of its own from the first message on: most rooms are personal ones that never have any. */
        SeqRing<Stored> ring = UNWRITTEN;

        /** As the ring: a map of its own from the first id on. */
        Map<Sent, Long> ids = Map.of();

        long bytes;
        int users;
        long unusedSinceMs;

        Life(RoomId room, Head begin) {
            this.room = room;
            this.begin = begin;
        }

        /** Whether nothing was ever said in it. */
        boolean isUnwritten() {
            return ring == UNWRITTEN;
        }

        void add(Stored stored) {
            if (isUnwritten()) {
                ring = new SeqRing<>(UNWRITTEN.head());
            }
            ring.add(stored);
            bytes += stored.cost;
        }

        Head head() {
            return isUnwritten() ? begin : new Head(ring.head(), begin.epoch(), 0, List.of());
        }

        String epoch() {
            return begin.epoch();
        }

        void know(Sent key, long seq) {
            if (ids.isEmpty()) {
                ids = new HashMap<>();
            }
            ids.put(key, seq);
        }

        /** Returns whether it was known. */
        boolean forget(Sent key) {
            return !ids.isEmpty() && ids.remove(key) != null;
        }

        /** How many of those messages a page may have by its bytes, from the end where it begins. */
        long fitting(Range range, long low, long high) {
            long left = range.mostBytes();
            long size = 0;
            while (size <= high - low) {
                left -= ring.get(range.forward() ? low + size : high - size)
                        .message
                        .content()
                        .length;
                if (left < 0 && size > 0) {
                    break;
                }
                size++;
            }
            return size;
        }

        /** The lowest seq that is not older, by halving. */
        long seqAt(long ts) {
            long low = ring.first();
            long high = ring.head() + 1;
            while (low < high) {
                long middle = low + (high - low) / 2;
                if (ring.get(middle).message.ts() >= ts) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }
    }

    private record Sent(UserId sender, String id) implements Comparable<Sent> {
        private static final Comparator<Sent> ORDER =
                Comparator.comparing(Sent::id).thenComparing(Sent::sender);

        @Override
        public int compareTo(Sent other) {
            return ORDER.compare(this, other); // as in UserId
        }
    }

    private record Expiring(Life life, Sent key, long untilMs) {}

    /** A message in its room's ring and in the shard's list by age. */
    private static final class Stored {
        final Message message;
        final Life life;
        final int cost;
        Stored previous = this;
        Stored next = this;

        Stored(Message message, Life life, int cost) {
            this.message = message;
            this.life = life;
            this.cost = cost;
        }

        static Stored listHead() {
            return new Stored(
                    new Message(0, 0, new UserId("-"), null, new byte[0]), new Life(new RoomId("-"), Head.NONE), 0);
        }

        void linkBefore(Stored other) {
            previous = other.previous;
            next = other;
            previous.next = this;
            other.previous = this;
        }

        void unlink() {
            previous.next = next;
            next.previous = previous;
        }
    }
}
