package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.roomwire.connection.Connection;
import io.roomwire.connection.PageTurns;
import io.roomwire.history.LogUnavailableException;
import io.roomwire.ops.Rarely;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one member into a room: {@code joined}, then what it missed, a chunk at a time and no faster than it reads,
 * then the live frames. Between two chunks nothing but a seq is kept: the resumes of one connection take turns, and so do
 * those of all connections together, see {@link PageTurns}.
 *
 * <p>Belongs to the room's owner. The last step looks at the room's head and attaches the member in one go, so nothing
 * falls between the log and the live frames, and nothing comes twice.
 */
final class Resume implements Missed.Reader, PageTurns.Taker {
    /** What is read and written at a time; the next chunk waits until the socket has taken it. */
    static final int CHUNK_BYTES = 128 * 1024;

    /** The same encoded is more: where messages are small, what is around a content is as much as the content. */
    private static final int TURN_BYTES = 2 * CHUNK_BYTES;

    private static final String UNREADABLE = "what was missed cannot be read now";
    private static final Logger LOG = LoggerFactory.getLogger(Resume.class);
    private static final Rarely FAILURE_LOGGED = new Rarely();

    private final Room room;
    private final JoinCall call;
    private final Request.Join request;

    /** Which life of the log the seqs are of. */
    private final String epoch;

    /** The seq up to which the member has everything. */
    private long sent;

    private boolean opened;

    private Resume(Room room, JoinCall call, Request.Join request, long after, String epoch) {
        this.room = room;
        this.call = call;
        this.request = request;
        this.sent = after;
        this.epoch = epoch;
    }

    /** Lets a connection into a room, behind the seq that it asked for. */
    static void start(Room room, JoinCall call) {
        if (call.member().stage == Membership.Stage.LEFT) {
            return;
        }
        Request.Join request = call.request();
        if (request == null) {
            room.members().add(call.member(), null);
            return;
        }
        Head head = room.head();
        Long after = request.after();
        if (after == null) {
            room.members().add(call.member(), joined(room, call, request, null));
        } else if (head == null || !isOf(request.epoch(), head)) {
            room.members()
                    .add(
                            call.member(),
                            joined(room, call, request, false)); // a seq of another log says nothing about this one
        } else if (after > head.seq()) {
            new Resume(room, call, request, after, head.epoch()).bringRoomUp(head);
        } else if (after == head.seq()) {
            room.members().add(call.member(), joined(room, call, request, true));
        } else if (!call.readsPast()) {
            ByteBuf first = ByteBufAllocator.DEFAULT.directBuffer();
            append(first, joined(room, call, request, false));
            append(first, room.rooms().writer.gap(room.id(), after + 1, head.seq()));
            room.members().add(call.member(), first);
        } else {
            new Resume(room, call, request, after, head.epoch()).askForTurn();
        }
    }

    private static boolean isOf(@Nullable String epoch, Head head) {
        return epoch == null || epoch.equals(head.epoch());
    }

    private static ByteBuf joined(Room room, JoinCall call, Request.Join request, @Nullable Boolean recovered) {
        call.letIn().run();
        Membership member = call.member();
        return room.rooms()
                .writer
                .joined(
                        request.id(),
                        room.id(),
                        member.user(),
                        member.connection().id(),
                        room.head(),
                        recovered);
    }

    /**
     * The client saw more at another node than has come here yet: the room reads on first. Attached now, the member would
     * get what it has seen a second time.
     */
    private void bringRoomUp(Head head) {
        room.rooms()
                .log
                .read(room.id(), Range.behind(head.seq(), Missed.PAGE_MESSAGES).within(CHUNK_BYTES))
                .whenComplete((page, error) -> room.owner().run(() -> {
                    if (error != null) {
                        failed(error);
                        return;
                    }
                    room.absorb(page);
                    if (page.head().seq() >= sent) {
                        start(room, call);
                    } else if (call.member().stage != Membership.Stage.LEFT) {
                        room.members()
                                .add(
                                        call.member(),
                                        joined(room, call, request, false)); // no log of this life was ever that far
                    }
                }));
    }

    private void askForTurn() {
        Connection connection = call.member().connection();
        connection.loop().run(() -> turns().ask(connection, this, TURN_BYTES));
    }

    private PageTurns turns() {
        return room.rooms().turns(call.member().connection().loop());
    }

    @Override
    public boolean isOf(Object whom) {
        return whom == this || whom == call.member();
    }

    @Override
    public void onTurn() {
        room.owner().run(() -> {
            LogOrder order = room.order();
            if (call.member().stage == Membership.Stage.LEFT || order == null) {
                endTurn();
            } else {
                order.readMissed(sent, this);
            }
        });
    }

    @Override
    public void onTooLate() {
        room.owner().run(() -> {
            if (call.member().stage != Membership.Stage.LEFT) {
                failed(new LogUnavailableException("too many others read what they missed"));
            }
        });
    }

    private void endTurn() {
        Connection connection = call.member().connection();
        connection.loop().run(() -> turns().end(connection, this));
    }

    @Override
    public void read(FrameRun run, String epochRead) {
        LogOrder order = room.order();
        if (call.member().stage == Membership.Stage.LEFT || order == null) {
            endTurn();
            return;
        }
        if (!epochRead.equals(epoch) || !order.head().epoch().equals(epoch)) {
            beganAnew();
        } else {
            send(run, order.head());
        }
    }

    private void send(FrameRun run, Head head) {
        long before = sent;
        ByteBuf chunk = ByteBufAllocator.DEFAULT.directBuffer();
        boolean gap = run.oldest() > sent + 1;
        if (!opened) {
            opened = true;
            append(chunk, joined(room, call, request, !gap));
        }
        if (gap) {
            long to = Math.min(run.oldest() - 1, head.seq());
            append(chunk, room.rooms().writer.gap(room.id(), sent + 1, to));
            sent = to;
        }
        // What is in the log but not delivered here yet comes with the live frames.
        if (sent < head.seq() && run.has(sent + 1)) {
            sent = run.write(sent, head.seq(), TURN_BYTES, chunk);
        }
        if (sent >= head.seq()) {
            room.members().add(call.member(), chunk, this);
        } else if (sent == before) {
            chunk.release();
            failed(new LogUnavailableException("the log ends before the room's head"));
        } else {
            Connection connection = call.member().connection();
            connection.loop().run(() -> {
                turns().write(connection, this, chunk);
                turns().ask(connection, this, TURN_BYTES);
            });
        }
    }

    /** A seq of the old log says nothing about the new one. */
    private void beganAnew() {
        if (opened) {
            call.member().connection().close(CloseCode.LOG_BEGAN_ANEW);
        } else {
            room.members().add(call.member(), joined(room, call, request, false), this);
        }
    }

    private static void append(ByteBuf chunk, ByteBuf frame) {
        chunk.writeBytes(frame);
        frame.release();
    }

    @Override
    public void failed(Throwable error) {
        if (FAILURE_LOGGED.now()) { // not to the client: it names servers
            LOG.warn("{}; the last: {}", UNREADABLE, error.getMessage());
        }
        if (opened) {
            call.member().connection().close(CloseCode.TRY_AGAIN_LATER, UNREADABLE);
        } else {
            room.refuse(call, new RequestException(ErrorCode.UNAVAILABLE, UNREADABLE));
        }
    }
}
