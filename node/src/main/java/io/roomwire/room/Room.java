package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config.Limits;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Loop;
import io.roomwire.history.Draft;
import io.roomwire.history.LogUnavailableException;
import io.roomwire.history.Page;
import io.roomwire.history.Receipt;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One room on this node. Its owner is one event loop: every method and field but the final ones belongs to that thread.
 *
 * <p>A message goes to the log, comes back with its place, passes the {@link Sequencer}, and is handed to the loops that
 * have members.
 */
public final class Room {
    private static final Logger LOG = LoggerFactory.getLogger(Room.class);

    /** What came early waits so long for what is missing, before the log is asked. */
    private static final long HOLE_PATIENCE_MS = 20;

    private static final long FILL_RETRY_MS = 500;
    private static final int FILL_MESSAGES = 200;

    private final RoomId id;
    private final Loop owner;
    private final boolean ephemeral;
    private final Rooms rooms;

    /** By loop; made when the first member of the loop comes. */
    private final @Nullable LoopMembers[] members;

    private int memberCount;
    private int deflatingCount;
    private int watchingCount;

    private State state = State.NEW;

    /** What waits for the room to be open; null when nothing does. */
    private @Nullable ArrayDeque<Waiting> waiting;

    private String epoch = "";

    /** Null in an ephemeral room, and until the room is open. */
    private @Nullable Sequencer<Frame> sequencer;

    /** A read of the log, to fill a hole, is under way or planned. */
    private boolean filling;

    private long emptySinceNs;
    private boolean lingering;

    private enum State {
        NEW,
        OPENING,
        OPEN,
        CLOSED
    }

    private record Waiting(Consumer<Room> action, Consumer<Throwable> failed) {}

    Room(RoomId id, Loop owner, int loops, boolean ephemeral, Rooms rooms) {
        this.id = id;
        this.owner = owner;
        this.ephemeral = ephemeral;
        this.rooms = rooms;
        this.members = new LoopMembers[loops];
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
    boolean enter(Consumer<Room> action, Consumer<Throwable> failed) {
        assert owner.inLoop();
        if (state == State.CLOSED) {
            return false;
        }
        if (state == State.OPEN) {
            action.accept(this);
            return true;
        }
        if (waiting == null) {
            waiting = new ArrayDeque<>(1);
        }
        waiting.add(new Waiting(action, failed));
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
                .thenCompose(
                        done -> ephemeral ? CompletableFuture.completedFuture(new Head(0, "")) : rooms.log.open(id))
                .whenComplete((head, error) -> owner.run(() -> opened(head, error)));
    }

    private void opened(@Nullable Head head, @Nullable Throwable error) {
        ArrayDeque<Waiting> ready = waiting == null ? new ArrayDeque<>(0) : waiting;
        waiting = null;
        if (head == null || error != null) {
            state = State.CLOSED;
            rooms.relay.unsubscribe(id);
            rooms.remove(this);
            Throwable cause = error == null ? new LogUnavailableException("no head") : error;
            ready.forEach(each -> each.failed.accept(cause));
            return;
        }
        state = State.OPEN;
        epoch = head.epoch();
        if (!ephemeral) {
            sequencer = new Sequencer<>(head.seq(), frame -> deliver(frame, null), Frame::release);
        }
        ready.forEach(each -> each.action.accept(this));
        lingerIfEmpty();
    }

    /** The newest message that was delivered here; null in an ephemeral room. */
    @Nullable
    Head head() {
        assert owner.inLoop();
        return sequencer == null ? null : new Head(sequencer.passed(), epoch);
    }

    /** Makes a member, after it got what it missed. */
    public void join(JoinCall call) {
        assert owner.inLoop();
        Membership member = call.member();
        if (call.replaces() != null) {
            takeOver(call.replaces(), member);
        }
        if (member.stage == Membership.Stage.LEFT) {
            return;
        }
        int limit = rooms.config.limits().membersPerRoom();
        if (!member.counted && !id.isPersonal() && Limits.reached(limit, memberCount)) {
            refuse(
                    call,
                    new RequestException(
                            ErrorCode.LIMIT_EXCEEDED, "room is full: limits.members-per-room is " + limit));
            return;
        }
        Resume.start(this, call);
    }

    /** The new membership counts in place of the old one, which gets no more frames: what is missed comes anew. */
    private void takeOver(Membership old, Membership member) {
        if (old.stage == Membership.Stage.MEMBER) {
            takeOut(old, null);
        }
        old.stage = Membership.Stage.LEFT;
        if (old.counted) {
            count(old, -1);
            count(member, 1);
        }
    }

    /** The join cannot be; whoever it was to replace is gone too. */
    void refuse(JoinCall call, RequestException why) {
        leave(call.member(), null);
        call.refused().accept(why);
    }

    /**
     * Ends a resume: from here on the member gets live frames.
     *
     * @param first sent right before them, or null
     */
    void attach(JoinCall call, @Nullable ByteBuf first) {
        assert owner.inLoop();
        Membership member = call.member();
        if (!member.counted) {
            count(member, 1);
            if (!id.isPersonal()) {
                rooms.presence.joined(id, member.user());
            }
        }
        member.stage = Membership.Stage.MEMBER;
        Loop loop = member.connection().loop();
        LoopMembers there = members[loop.index()];
        if (there == null) {
            there = new LoopMembers(ephemeral ? rooms.config.backlog().ephemeral() : Overflow.CLOSE);
            members[loop.index()] = there;
        }
        there.count++;
        LoopMembers target = there;
        loop.run(() -> {
            if (first != null) {
                member.connection().send(first);
            }
            target.add(member);
        });
    }

    /**
     * The member leaves; a join that is under way ends.
     *
     * @param farewell sent when no more frames of the room will come, or null
     */
    public void leave(Membership member, @Nullable ByteBuf farewell) {
        assert owner.inLoop();
        boolean was = member.stage == Membership.Stage.MEMBER;
        member.stage = Membership.Stage.LEFT;
        if (was) {
            takeOut(member, farewell);
        } else if (farewell != null) {
            member.connection().send(farewell);
        }
        if (member.counted) {
            count(member, -1);
            if (!id.isPersonal()) {
                rooms.presence.left(id, member.user());
            }
        }
        lingerIfEmpty();
    }

    private void takeOut(Membership member, @Nullable ByteBuf farewell) {
        Loop loop = member.connection().loop();
        LoopMembers there = members[loop.index()];
        if (there == null) {
            throw new IllegalStateException("a member of no loop in " + id);
        }
        there.count--;
        loop.run(() -> {
            there.remove(member);
            if (farewell != null) {
                member.connection().send(farewell);
            }
        });
    }

    private void count(Membership member, int by) {
        member.counted = by > 0;
        memberCount += by;
        deflatingCount += member.connection().deflates() ? by : 0;
        watchingCount += member.watches() ? by : 0;
    }

    boolean isWatched() {
        return watchingCount > 0;
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
            rooms.relay.publish(id, 0, frame.payload());
            deliver(frame, null);
            answer.stored(0);
            return;
        }
        rooms.log
                .append(new Draft(id, message))
                .whenComplete((receipt, error) -> owner.run(() -> {
                    if (error != null) {
                        answer.refused(error);
                    } else {
                        appended(message, acceptedNs, receipt);
                        answer.stored(receipt.seq());
                    }
                }));
    }

    private void appended(Message message, long acceptedNs, Receipt receipt) {
        Sequencer<Frame> order = sequencer;
        if (receipt.duplicate() || order == null) {
            return;
        }
        Frame frame = rooms.writer.message(id, message.at(receipt.seq()), acceptedNs);
        if (!receipt.relayed()) {
            rooms.relay.publish(id, receipt.seq(), frame.payload());
        }
        order.offer(receipt.seq(), frame);
        lookForHole();
    }

    /** A peer's message, whose frame is owned by this call. */
    void relayed(long seq, Frame frame) {
        assert owner.inLoop();
        if (state != State.OPEN) {
            frame.release(); // what is missed while a room opens is found by its head, which is read later
        } else if (sequencer == null) {
            deliver(frame, null);
        } else {
            sequencer.offer(seq, frame);
            lookForHole();
        }
    }

    /** Something came early: what is missing may still be on its way, so it is read from the log only a little later. */
    private void lookForHole() {
        if (sequencer != null && sequencer.hasHole() && !filling) {
            filling = true;
            owner.after(HOLE_PATIENCE_MS, this::fill);
        }
    }

    /** Compares with where the log stands, and fills what is missing here. */
    void compare(Head head) {
        assert owner.inLoop();
        if (state != State.OPEN || sequencer == null) {
            return;
        }
        if (!head.epoch().equals(epoch)) {
            beginAgain(head);
        } else if (head.seq() > sequencer.passed() && !filling) {
            filling = true;
            fill();
        }
    }

    private void fill() {
        if (state != State.OPEN || sequencer == null) {
            filling = false;
            return;
        }
        rooms.log
                .read(id, Range.behind(sequencer.passed(), FILL_MESSAGES))
                .whenComplete((page, error) -> owner.run(() -> {
                    if (error == null) {
                        filled(page);
                    } else {
                        owner.after(FILL_RETRY_MS, this::fill);
                    }
                }));
    }

    private void filled(Page page) {
        filling = false;
        long before = sequencer == null ? 0 : sequencer.passed();
        absorb(page);
        if (state == State.OPEN && sequencer != null) {
            long now = sequencer.passed();
            if (now < page.head().seq() && now > before) {
                filling = true;
                fill();
            } else {
                lookForHole();
            }
        }
    }

    /** Delivers what a page of the log has and this room had not. */
    void absorb(Page page) {
        assert owner.inLoop();
        Sequencer<Frame> order = sequencer;
        if (state != State.OPEN || order == null) {
            return;
        }
        if (!page.head().epoch().equals(epoch)) {
            beginAgain(page.head());
            return;
        }
        if (page.oldest() > order.passed() + 1) {
            long to = Math.min(page.oldest() - 1, page.head().seq());
            deliver(rooms.writer.gapForAll(id, order.passed() + 1, to), null);
            order.skipTo(to);
        }
        for (Message message : page.messages()) {
            order.offer(message.seq(), rooms.writer.message(id, message, 0));
        }
    }

    /** The log has a new life: members have to ask anew, since a seq of the old one says nothing about this one. */
    private void beginAgain(Head head) {
        LOG.warn(
                "room {}: its log began anew (epoch {}, before {}), its members are sent to join again",
                id,
                head,
                epoch);
        epoch = head.epoch();
        if (sequencer != null) {
            sequencer.clear();
        }
        sequencer = new Sequencer<>(head.seq(), frame -> deliver(frame, null), Frame::release);
        for (int i = 0; i < members.length; i++) {
            LoopMembers there = members[i];
            if (there != null) {
                rooms.fanOut(i).loop().run(there::closeAll);
            }
        }
    }

    /**
     * Hands a frame, owned by this call, to every loop that has members.
     *
     * @param about see {@link Batch}
     */
    void deliver(Frame frame, @Nullable UserId about) {
        assert owner.inLoop();
        if (deflatingCount > 0) {
            frame.deflate(owner.deflate());
        }
        int loops = members.length;
        for (int i = 0; i < loops; i++) {
            LoopMembers there = members[i];
            if (there != null && there.count > 0) {
                frame.retain();
                FanOut fanOut = rooms.fanOut(i);
                fanOut.loop().run(() -> fanOut.add(there, frame, about));
            }
        }
        frame.release();
    }

    private void lingerIfEmpty() {
        if (memberCount == 0 && state == State.OPEN) {
            emptySinceNs = System.nanoTime();
            if (!lingering) {
                lingering = true;
                owner.after(rooms.config.rooms().lingerMs(), this::closeIfEmpty);
            }
        }
    }

    private void closeIfEmpty() {
        lingering = false;
        if (memberCount > 0 || state != State.OPEN) {
            return;
        }
        long leftMs = rooms.config.rooms().lingerMs() - (System.nanoTime() - emptySinceNs) / 1_000_000;
        if (leftMs > 0) {
            lingering = true;
            owner.after(leftMs, this::closeIfEmpty);
            return;
        }
        state = State.CLOSED;
        if (sequencer != null) {
            sequencer.clear();
        }
        rooms.remove(this);
        rooms.relay.unsubscribe(id);
        if (!ephemeral) {
            rooms.log.close(id);
        }
    }

    Rooms rooms() {
        return rooms;
    }

    /** What became of a message. Called on the owner's thread. */
    public interface Answer {
        /** @param seq its place, 0 in an ephemeral room */
        void stored(long seq);

        void refused(Throwable error);
    }
}
