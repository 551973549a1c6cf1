package io.roomwire.room;

import io.roomwire.config.Config;
import io.roomwire.config.RoomRules;
import io.roomwire.connection.Loop;
import io.roomwire.connection.PageBudget;
import io.roomwire.connection.PageTurns;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.Metrics;
import io.roomwire.presence.Presence;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.relay.Relay;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rooms that are open on this node, and what they share.
 *
 * <p>Any thread may call.
 */
public final class Rooms implements Relay.Receiver, Presence.Watcher {
    private static final Comparator<Size> BY_SIZE = Comparator.comparingInt(Size::connections)
            .thenComparing(size -> size.room().text(), Comparator.reverseOrder());

    /** For 128 KiB, while others wait: some 26 KB a second. */
    private static final long PAGE_PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);

    private final ConcurrentHashMap<RoomId, Room> open = new ConcurrentHashMap<>();
    private final List<Loop> loops;
    private final FanOut[] fanOuts;
    private final PageTurns[] turns;
    private final MemberEvents[] memberEvents;

    private volatile boolean stopped;
    private final CatchUp catchUp = new CatchUp(this);

    final Config config;
    final RoomLog log;
    final Relay relay;
    final Presence presence;
    final FrameWriter writer;
    final Metrics metrics;

    /** Of contents that wait for rooms to be open, see {@link Room}. */
    final AtomicLong waitingBytes = new AtomicLong();

    /** Rooms that are empty and stay open for a while, see {@link Room}. */
    final AtomicInteger lingering = new AtomicInteger();

    /** Rooms that keep what members missed, see {@link Missed}. */
    final AtomicInteger keepingMissed = new AtomicInteger();

    final ForeignEpochs foreignEpochs = new ForeignEpochs(System::nanoTime);

    /** @param loops all event loops of the node, by index */
    public Rooms(
            Config config,
            List<Loop> loops,
            RoomLog log,
            Relay relay,
            Presence presence,
            FrameWriter writer,
            Metrics metrics) {
        this.config = config;
        this.loops = List.copyOf(loops);
        this.log = log;
        this.relay = relay;
        this.presence = presence;
        this.writer = writer;
        this.metrics = metrics;
        fanOuts = loops.stream().map(loop -> new FanOut(loop, metrics)).toArray(FanOut[]::new);
        memberEvents = loops.stream().map(MemberEvents::new).toArray(MemberEvents[]::new);
        PageBudget budget = new PageBudget(config.limits().pageBytes(), PAGE_PATIENCE_NS);
        long perSecond = config.limits().pageBytesPerSecond();
        turns = loops.stream()
                .map(loop -> new PageTurns(loop, budget, perSecond))
                .toArray(PageTurns[]::new);
    }

    /** Who may read a page for a client of that loop. */
    public PageTurns turns(Loop loop) {
        return turns[loop.index()];
    }

    /** Rooms that are open here, those that linger too. */
    public int count() {
        return open.size();
    }

    /** Messages of peers from a life of a room's log that this node's log does not confirm. Any thread may call. */
    public long foreignEpochs() {
        return foreignEpochs.seen();
    }

    /** Why the nodes do not write to one log, as far as this one sees; null if they do. Any thread may call. */
    public @Nullable String splitLog() {
        return foreignEpochs.trouble();
    }

    /** How many connections of this node are in a room. */
    public record Size(RoomId room, int connections) {}

    /** The rooms with most connections of this node, most first; personal rooms are nobody's business. */
    public List<Size> largest(int limit) {
        PriorityQueue<Size> largest = new PriorityQueue<>(BY_SIZE);
        for (Room room : open.values()) {
            int connections = room.members().count();
            if (connections > 0 && !room.id().isPersonal()) {
                largest.add(new Size(room.id(), connections));
                if (largest.size() > limit) {
                    largest.remove();
                }
            }
        }
        return largest.stream().sorted(BY_SIZE.reversed()).toList();
    }

    /** Whether the room has no log: at most once, no seq. */
    public boolean isEphemeral(RoomId room) {
        return config.rooms().rules().of(room.text()) == RoomRules.Kind.EPHEMERAL;
    }

    /** The id that the open room has, in place of an equal one: a room's members keep one between them. */
    public RoomId shared(RoomId id) {
        Room room = open.get(id);
        return room == null ? id : room.id();
    }

    /**
     * Opens the room if it is not, and runs the action on its owner's thread.
     *
     * @param action gets the open room, later: calls for one room run in the order in which they came, from whatever thread
     * @param failed told instead, on the same thread, if the room cannot be opened now
     */
    public void with(RoomId id, Consumer<Room> action, Consumer<Throwable> failed) {
        with(id, 0, action, failed);
    }

    /**
     * As the other, for what takes memory while it waits for the room to be open.
     *
     * @param bytes of a content; where too many wait already, it fails
     */
    public void with(RoomId id, int bytes, Consumer<Room> action, Consumer<Throwable> failed) {
        Room known = open.get(id); // computeIfAbsent may lock, and each message comes by here
        Room room = known == null ? open.computeIfAbsent(id, this::create) : known;
        // Run at once on the owner's own thread, a message would overtake the join of one who was told that he is in.
        room.owner().execute(() -> {
            if (!room.enter(bytes, action, failed)) {
                with(id, bytes, action, failed); // it closed after we found it
            }
        });
    }

    private Room create(RoomId id) {
        int hash = id.hashCode();
        Loop owner = loops.get(Math.floorMod(hash ^ hash >>> 16, loops.size()));
        return new Room(id, owner, isEphemeral(id), this);
    }

    void remove(Room room) {
        open.remove(room.id(), room);
    }

    /** The walks of the loop of that index. */
    FanOut fanOut(int loop) {
        return fanOuts[loop];
    }

    @Override
    public void onFrame(RoomId id, Head place, Frame frame) {
        Room room = stopped ? null : open.get(id);
        if (room == null) {
            frame.release();
        } else {
            room.owner().run(() -> room.relayed(place, frame));
        }
    }

    @Override
    public void onInterrupted() {
        if (!stopped) {
            catchUp.all();
        }
    }

    /** The event loops are about to end: what still comes from other threads is passed over. */
    public void stop() {
        stopped = true;
    }

    /** Compares all rooms with the log from time to time: the last message of a room has no successor to show its loss. */
    public void compareWithLogEvery(long periodMs) {
        loops.get(0).after(periodMs, () -> {
            catchUp.all();
            compareWithLogEvery(periodMs);
        });
    }

    Collection<Room> all() {
        return open.values();
    }

    @Override
    public void onJoined(RoomId room, UserId user) {
        announce(room, user, true);
    }

    @Override
    public void onLeft(RoomId room, UserId user) {
        announce(room, user, false);
    }

    private void announce(RoomId id, UserId user, boolean joined) {
        Room room = stopped ? null : open.get(id);
        if (room != null) {
            Loop owner = room.owner();
            owner.run(() -> memberEvents[owner.index()].changed(room, user, joined));
        }
    }
}
