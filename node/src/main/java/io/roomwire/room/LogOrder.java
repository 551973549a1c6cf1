package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.history.Page;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The order of one room that has a log: frames pass the {@link Sequencer} to the members, and what is missing is read from
 * the log.
 *
 * <p>Belongs to the room's owner.
 */
final class LogOrder {
    private static final Logger LOG = LoggerFactory.getLogger(LogOrder.class);

    /** What came early waits so long for what is missing, before the log is asked. */
    private static final long HOLE_PATIENCE_MS = 20;

    private static final long FILL_RETRY_MS = 500;
    private static final int FILL_MESSAGES = 200;
    private static final int FILL_BYTES = 1 << 20;

    /**
     * What came early and waits, of one room: more than two nodes can have under way (GroupCommit.MAX_GROUP_BYTES). Beyond
     * it only the log keeps them, since nobody knows how long it cannot be read.
     */
    private static final long MAX_EARLY_BYTES = 8L << 20;

    /** What a frame takes beside its bytes, rounded up. */
    private static final int FRAME_BYTES = 256;

    private final RoomId room;
    private final Loop owner;
    private final Rooms rooms;
    private final RoomMembers members;

    private String epoch;
    private Sequencer<Frame> sequencer;

    /** Null while nobody came back: most rooms are small. */
    private @Nullable Missed missed;

    /** A read of the log, to fill a hole, is under way or planned. */
    private boolean filling;

    /** The log was asked for its present life, and has not answered. */
    private boolean looking;

    private boolean closed;

    /** Begins behind the head. */
    LogOrder(RoomId room, Loop owner, Rooms rooms, RoomMembers members, Head head) {
        this.room = room;
        this.owner = owner;
        this.rooms = rooms;
        this.members = members;
        epoch = head.epoch();
        sequencer = behind(head);
    }

    private Sequencer<Frame> behind(Head head) {
        return new Sequencer<>(
                head.seq(),
                this::pass,
                Frame::release,
                frame -> FRAME_BYTES + frame.plain().readableBytes(),
                MAX_EARLY_BYTES);
    }

    private void pass(Frame frame) {
        if (missed != null) {
            missed.delivered(sequencer.passed(), frame);
        }
        members.deliver(frame, null);
    }

    private void forgetMissed() {
        if (missed != null) {
            missed.giveUp();
        }
    }

    /** Reads what a member missed behind that seq, which is before the head. */
    void readMissed(long after, Missed.Reader reader) {
        assert owner.inLoop();
        if (missed == null) {
            missed = new Missed(room, owner, rooms);
        }
        missed.behind(after, this, reader);
    }

    /** The newest message that was delivered here. */
    Head head() {
        assert owner.inLoop();
        return new Head(sequencer.passed(), epoch);
    }

    /**
     * Takes over a frame that has its place in the order.
     *
     * @param of the epoch of that seq, empty if unknown: then it is taken for the room's
     */
    void offer(long seq, String of, Frame frame) {
        assert owner.inLoop();
        if (closed) {
            frame.release();
        } else if (of.isEmpty() || of.equals(epoch)) {
            sequencer.offer(seq, frame);
            lookForHole();
        } else {
            frame.release(); // passed here, it would stand for another message of the same seq
            lookForNewLife(of);
        }
    }

    /** A peer has sent a message that was not kept here; its epoch is empty if unknown. */
    void heardOf(Head place) {
        assert owner.inLoop();
        if (place.epoch().isEmpty() || place.epoch().equals(epoch)) {
            compare(new Head(place.seq(), epoch));
        } else {
            lookForNewLife(place.epoch());
        }
    }

    /** A message is of another life than the room's, newer or older: the log knows. */
    private void lookForNewLife(String theirs) {
        if (looking) {
            return;
        }
        looking = true;
        rooms.log
                .heads(List.of(room))
                .whenComplete((heads, error) -> owner.run(() -> {
                    looking = false;
                    Head head = error == null ? heads.get(room) : null;
                    if (head != null && head.epoch().equals(epoch)) {
                        rooms.foreignEpochs.saw(room, theirs, epoch);
                    }
                    if (head != null) { // else the next round of comparing finds it
                        compare(head);
                    }
                }));
    }

    /** Something came early: what is missing may still be on its way, so it is read from the log only a little later. */
    private void lookForHole() {
        if (sequencer.hasHole() && !filling) {
            filling = true;
            owner.after(HOLE_PATIENCE_MS, this::fillIfHole);
        }
    }

    /** Compares with where the log stands, and fills what is missing here. */
    void compare(Head head) {
        assert owner.inLoop();
        if (closed) {
            return;
        }
        if (!head.epoch().equals(epoch)) {
            beginAgain(head);
        } else if (head.seq() > sequencer.passed() && !filling) {
            filling = true;
            fill();
        }
    }

    private void fillIfHole() {
        if (sequencer.hasHole()) {
            fill();
        } else {
            filling = false;
        }
    }

    private void fill() {
        if (closed) {
            return;
        }
        rooms.log
                .read(room, Range.behind(sequencer.passed(), FILL_MESSAGES).within(FILL_BYTES))
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
        long before = sequencer.passed();
        absorb(page);
        if (closed) {
            return;
        }
        long now = sequencer.passed();
        if (now < page.head().seq() && now > before) {
            filling = true;
            fill();
        } else {
            lookForHole();
        }
    }

    /** Delivers what a page of the log has and this room had not. */
    void absorb(Page page) {
        assert owner.inLoop();
        if (closed) {
            return;
        }
        if (!page.head().epoch().equals(epoch)) {
            beginAgain(page.head());
            return;
        }
        if (page.oldest() > sequencer.passed() + 1) {
            long to = Math.min(page.oldest() - 1, page.head().seq());
            members.deliver(rooms.writer.gapForAll(room, sequencer.passed() + 1, to), null);
            forgetMissed();
            sequencer.skipTo(to);
        }
        for (Message message : page.messages()) {
            sequencer.offer(message.seq(), rooms.writer.message(room, message, 0));
        }
    }

    /** The log has a new life: members have to ask anew, since a seq of the old one says nothing about this one. */
    private void beginAgain(Head head) {
        LOG.warn(
                "room {}: its log began anew (epoch {}, before {}), its members are sent to join again",
                room,
                head,
                epoch);
        epoch = head.epoch();
        sequencer.clear();
        forgetMissed();
        sequencer = behind(head);
        members.closeAll();
    }

    /** Drops what is held back, and whatever comes from now on. */
    void close() {
        assert owner.inLoop();
        closed = true;
        forgetMissed();
        sequencer.clear();
    }
}
