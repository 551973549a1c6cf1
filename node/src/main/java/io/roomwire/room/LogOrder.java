package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.history.Page;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.concurrent.CompletionStage;
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

    /** A node that is cut off goes on sending what is of another epoch: the log is not asked for each of that. */
    private static final long LOOK_AGAIN_MS = 100;

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

    /** Where the log stood when this room took its epoch up. */
    private Head begin;

    private Sequencer<Frame> sequencer;

    /** Null while nobody came back: most rooms are small. */
    private @Nullable Missed missed;

    /** Null while nobody knew more than this room. */
    private @Nullable ReadOn readOn;

    /** A read of the log, to fill a hole, is under way or planned. */
    private boolean filling;

    /** The log is to be asked for its present epoch, or has not answered. */
    private boolean looking;

    /** The newest message of another epoch that was not passed on; null if there was none since the log was asked. */
    private @Nullable Head foreign;

    private boolean lookedInVain;

    private boolean closed;

    /** Begins behind the head. */
    LogOrder(RoomId room, Loop owner, Rooms rooms, RoomMembers members, Head head) {
        this.room = room;
        this.owner = owner;
        this.rooms = rooms;
        this.members = members;
        begin = head;
        sequencer = behind(head);
    }

    private CompletionStage<Page> nextPage() {
        return rooms.log.read(
                room, Range.behind(sequencer.passed(), FILL_MESSAGES).within(FILL_BYTES));
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
        return begin.at(sequencer.passed());
    }

    /**
     * Takes over a frame that has its place in the order.
     *
     * @param epoch of that seq
     */
    void offer(long seq, String epoch, Frame frame) {
        assert owner.inLoop();
        if (closed) {
            frame.release();
        } else if (epoch.equals(begin.epoch())) {
            sequencer.offer(seq, frame);
            lookForHole();
        } else {
            frame.release(); // passed here, it would stand for another message of the same seq
            lookForNewLife(new Head(seq, epoch));
        }
    }

    /** A peer has sent a message that was not kept here. */
    void heardOf(Head place) {
        assert owner.inLoop();
        if (place.isSameEpoch(begin)) {
            compare(place);
        } else {
            lookForNewLife(place);
        }
    }

    /** A message is of another life than the room's, newer or older: the log knows. */
    private void lookForNewLife(Head place) {
        Head before = foreign;
        if (before == null || !before.isSameEpoch(place) || before.seq() < place.seq()) {
            foreign = place;
        }
        if (!looking) {
            looking = true;
            owner.after(lookedInVain ? LOOK_AGAIN_MS : 0, this::look);
        }
    }

    private void look() {
        readOn(new ReadOn.Asker() {
            @Override
            public void passed(Head log) {
                looking = false;
                Head heard = foreign;
                foreign = null;
                lookedInVain = heard == null || !heard.isSameEpoch(begin);
                if (heard == null) {
                    return;
                }
                if (lookedInVain) {
                    rooms.foreignEpochs.saw(room, heard.epoch(), begin.epoch());
                } else {
                    compare(heard); // it may have come after the log was read
                }
            }

            @Override
            public void failed(Throwable error) {
                owner.after(FILL_RETRY_MS, LogOrder.this::look);
            }
        });
    }

    /** Has what is new in the log delivered here, and then tells. */
    void readOn(ReadOn.Asker asker) {
        assert owner.inLoop();
        if (readOn == null) {
            readOn = new ReadOn(owner, this::nextPage, this::absorb);
        }
        readOn.ask(asker);
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
        if (!head.isSameEpoch(begin)) {
            another(head);
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
        nextPage()
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
        if (closed) {
            return;
        }
        if (!page.head().isSameEpoch(begin)) {
            another(page.head());
            return;
        }
        long before = sequencer.passed();
        absorb(page);
        long now = sequencer.passed();
        if (now < page.head().seq() && now > before) {
            filling = true;
            fill();
        } else {
            lookForHole();
        }
    }

    /** Another epoch than the room's; if it is an older one, the answer may only have been under way for long. */
    private void another(Head head) {
        if (begin.before().stream().anyMatch(past -> past.epoch().equals(head.epoch()))) {
            lookForNewLife(head);
        } else {
            beginAgain(head);
        }
    }

    /** Delivers what a page of the log, which was asked for since the room has its epoch, has and this room had not. */
    private void absorb(Page page) {
        if (closed) {
            return;
        }
        if (!page.head().isSameEpoch(begin)) {
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

    /** The log has a new life: members have to ask again, since a seq of the old one says nothing about this one. */
    private void beginAgain(Head head) {
        LOG.warn(
                "room {}: its log began epoch {} behind seq {} and is at {}; here it was epoch {} at {}, so its members are"
                        + " sent to come back",
                room,
                head.epoch(),
                head.began(),
                head.seq(),
                begin.epoch(),
                sequencer.passed());
        begin = head;
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
