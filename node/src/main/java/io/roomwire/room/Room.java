package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.connection.Loop;
import io.roomwire.history.Draft;
import io.roomwire.history.LogUnavailableException;
import io.roomwire.history.Receipt;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One room on this node: opens with its first use, takes joins and messages, closes when it has been empty for a while. Its
 * owner is one event loop: every method and field but the final ones belongs to that thread.
 *
 * <p>A message goes to the log, comes back with its place, passes the {@link LogOrder}, and is handed to the loops that
 * have {@link RoomMembers members}.
 */
public final class Room {
    /**
     * Most empty rooms that one node keeps open for {@code rooms.linger}; beyond it the next one is closed at once. They
     * take some 50 MB. When all clients of a full node reconnect, that many rooms are empty for a moment.
     */
    static final int MAX_LINGERING = 50_000;

    /** Of contents that wait for rooms of a node to be open: opening waits for Redis or PostgreSQL. */
    static final long MAX_WAITING_BYTES = 16L << 20;

    private final RoomId id;
    private final Loop owner;
    private final boolean ephemeral;
    private final Rooms rooms;
    private final RoomMembers members;

    private State state = State.NEW;

    /** What waits for the room to be open; null when nothing does. */
    private @Nullable ArrayDeque<Waiting> waiting;

    /** Where the log stood when the room opened; null in an ephemeral room, and until the room is open. */
    private @Nullable Head begin;

    /** Begins there, with the first message: most rooms are personal ones in which nothing is said. */
    private @Nullable LogOrder order;

    /** The newest message that a peer sent while the room opened; null if none did. */
    private @Nullable Head heard;

    private long emptySinceNs;
    private boolean lingering;

    private enum State {
        NEW,
        OPENING,
        OPEN,
        CLOSED
    }

    private record Waiting(int bytes, Consumer<Room> action, Consumer<Throwable> failed) {}

    Room(RoomId id, Loop owner, boolean ephemeral, Rooms rooms) {
        this.id = id;
        this.owner = owner;
        this.ephemeral = ephemeral;
        this.rooms = rooms;
        this.members = new RoomMembers(this);
    }

    public RoomId id() {
        return id;
    }

    Loop owner() {
        return owner;
    }

    /** Whether it has no log. */
    public boolean isEphemeral() {
        return ephemeral;
    }

    /** Returns false if the room is closed: then there may be another of the same id. */
    boolean enter(int bytes, Consumer<Room> action, Consumer<Throwable> failed) {
        assert owner.inLoop();
        if (state == State.CLOSED) {
            return false;
        }
        if (state == State.OPEN) {
            action.accept(this);
            return true;
        }
        if (rooms.waitingBytes.addAndGet(bytes) > MAX_WAITING_BYTES && bytes > 0) {
            rooms.waitingBytes.addAndGet(-bytes);
            if (state == State.NEW) { // nobody else would open it, or close it
                state = State.CLOSED;
                rooms.remove(this);
            }
            failed.accept(new LogUnavailableException("too much waits for rooms to be open"));
            return true;
        }
        if (waiting == null) {
            waiting = new ArrayDeque<>(1);
        }
        waiting.add(new Waiting(bytes, action, failed));
        if (state == State.NEW) {
            open();
        }
        return true;
    }

    /** Subscribes before it reads the head, so that nothing falls between the two. */
    private void open() {
        state = State.OPENING;
        rooms.relay
                .subscribe(id)
                .exceptionally(later -> null) // no peers for now: the relay tells when it has made up for it
                .thenCompose(done -> ephemeral ? CompletableFuture.completedFuture(Head.NONE) : rooms.log.open(id))
                .whenComplete((head, error) -> owner.run(() -> opened(head, error)));
    }

    private void opened(@Nullable Head head, @Nullable Throwable error) {
        ArrayDeque<Waiting> ready = waiting == null ? new ArrayDeque<>(0) : waiting;
        waiting = null;
        rooms.waitingBytes.addAndGet(-ready.stream().mapToLong(Waiting::bytes).sum());
        if (head == null || error != null) {
            state = State.CLOSED;
            rooms.relay.unsubscribe(id);
            rooms.remove(this);
            Throwable cause = error == null ? new LogUnavailableException("no head") : error;
            ready.forEach(each -> each.failed.accept(cause));
            return;
        }
        state = State.OPEN;
        if (!ephemeral) {
            begin = head;
        }
        ready.forEach(each -> each.action.accept(this));
        Head newest = heard;
        LogOrder ordered = newest == null ? null : order();
        if (newest != null && ordered != null) {
            ordered.heardOf(newest);
        }
        lingerIfEmpty();
    }

    /** The newest message that was delivered here; null in an ephemeral room. */
    @Nullable
    Head head() {
        assert owner.inLoop();
        return order == null ? begin : order.head();
    }

    /** Null in an ephemeral room, and in one that is closed. */
    @Nullable
    LogOrder order() {
        assert owner.inLoop();
        if (order == null && begin != null && state != State.CLOSED) {
            order = new LogOrder(id, owner, rooms, members, begin);
        }
        return order;
    }

    /** Makes a member, after it got what it missed. */
    public void join(JoinCall call) {
        assert owner.inLoop();
        Membership member = call.member();
        if (call.replaces() != null) {
            members.replace(call.replaces(), member);
        }
        if (member.stage == Membership.Stage.LEFT) {
            return;
        }
        if (members.isTooMany(member)) {
            int limit = rooms.config.limits().membersPerRoom();
            refuse(
                    call,
                    new RequestException(
                            ErrorCode.LIMIT_EXCEEDED, "room is full: limits.members-per-room is " + limit));
            return;
        }
        members.expect(member);
        Resume.start(this, call);
    }

    /** The join cannot be; whoever it was to replace is gone too. */
    void refuse(JoinCall call, RequestException why) {
        leave(call.member(), null);
        call.refused().accept(why);
    }

    /**
     * The member leaves; a join that is under way ends.
     *
     * @param farewell sent when no more frames of the room will come, or null
     */
    public void leave(Membership member, @Nullable ByteBuf farewell) {
        assert owner.inLoop();
        members.remove(member, farewell);
        lingerIfEmpty();
    }

    /**
     * Stores and sends a message.
     *
     * @param acceptedNs when it came in, by {@link System#nanoTime}
     * @param answer told on the owner's thread what became of it
     */
    public void publish(Message message, long acceptedNs, Answer answer) {
        assert owner.inLoop();
        if (ephemeral) {
            Frame frame = rooms.writer.message(id, message, acceptedNs);
            rooms.relay.publish(id, Head.NONE, frame.payload());
            members.deliver(frame, null);
            answer.stored(0, "");
            return;
        }
        long handedNs = System.nanoTime();
        rooms.log.append(new Draft(id, message)).whenComplete((receipt, error) -> {
            rooms.metrics.appended(System.nanoTime() - handedNs);
            owner.run(() -> {
                if (error != null) {
                    answer.refused(error);
                } else {
                    appended(message, acceptedNs, receipt);
                    answer.stored(receipt.seq(), otherEpoch(receipt));
                }
            });
        });
    }

    /** Not the room's own, which members take a seq for; empty if it is. */
    private String otherEpoch(Receipt receipt) {
        Head head = head();
        return head == null || receipt.epoch().equals(head.epoch()) ? "" : receipt.epoch();
    }

    private void appended(Message message, long acceptedNs, Receipt receipt) {
        Head head = head();
        if (receipt.duplicate() || head == null) {
            return;
        }
        Frame frame = rooms.writer.message(id, message.at(receipt.seq()), acceptedNs);
        if (!receipt.relayed()) {
            rooms.relay.publish(id, new Head(receipt.seq(), receipt.epoch()), frame.payload());
        }
        LogOrder ordered = order();
        if (ordered == null) {
            frame.release(); // the room closed meanwhile, so nobody here waits for it
        } else {
            ordered.offer(receipt.seq(), receipt.epoch(), frame);
        }
    }

    /** A peer's message, whose frame is owned by this call. */
    void relayed(Head place, Frame frame) {
        assert owner.inLoop();
        if (state != State.OPEN) {
            frame.release(); // the head that is being read may be from before it: then the log has it
            if (heard == null || place.seq() > heard.seq()) {
                heard = place;
            }
            return;
        }
        LogOrder ordered = order();
        if (ordered == null) {
            members.deliver(frame, null);
        } else {
            ordered.offer(place.seq(), place.epoch(), frame);
        }
    }

    /** Compares with where the log stands, and fills what is missing here. */
    void compare(Head head) {
        assert owner.inLoop();
        // Asked of each room from time to time: one in which nothing is said needs no order for it.
        Head here = head();
        boolean same = here != null && here.seq() == head.seq() && here.isSameEpoch(head);
        LogOrder ordered = same ? null : order();
        if (ordered != null) {
            ordered.compare(head);
        }
    }

    private void lingerIfEmpty() {
        if (members.isEmpty() && state == State.OPEN) {
            emptySinceNs = System.nanoTime();
            if (!lingering) {
                linger(rooms.config.rooms().lingerMs());
            }
        }
    }

    /** Looks again after that long, or at once where too many linger already. */
    private void linger(long ms) {
        boolean mayStay = rooms.lingering.incrementAndGet() <= MAX_LINGERING;
        lingering = true;
        owner.after(mayStay ? ms : 0, () -> closeIfEmpty(!mayStay));
    }

    private void closeIfEmpty(boolean atOnce) {
        lingering = false;
        rooms.lingering.decrementAndGet();
        if (!members.isEmpty() || state != State.OPEN) {
            return;
        }
        long leftMs = rooms.config.rooms().lingerMs() - (System.nanoTime() - emptySinceNs) / 1_000_000;
        if (leftMs > 0 && !atOnce) {
            linger(leftMs);
            return;
        }
        state = State.CLOSED;
        if (order != null) {
            order.close();
        }
        rooms.remove(this);
        rooms.relay.unsubscribe(id);
        if (!ephemeral) {
            rooms.log.close(id);
        }
    }

    RoomMembers members() {
        return members;
    }

    Rooms rooms() {
        return rooms;
    }

    /** What became of a message. Called on the owner's thread. */
    public interface Answer {
        /**
         * @param seq its place, 0 in an ephemeral room
         * @param otherEpoch in which that is its place, if it is another than the room's here; else empty
         */
        void stored(long seq, String otherEpoch);

        void refused(Throwable error);
    }
}
