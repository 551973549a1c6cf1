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
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.Resumption;
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

    /** While servers take over from each other it may be another one twice; beyond that the client asks again. */
    private static final int MOST_LOOKS = 3;

    private final Room room;
    private final JoinCall call;
    private final Request.Join request;

    /** What the client has. */
    private final long after;

    /** Where it goes on, and in which epoch of the log; both are found again if that begins a new epoch. */
    private Resumption from = Resumption.NONE;

    private String epoch = "";

    /** The seq up to which the member has everything. */
    private long sent;

    private boolean opened;

    /** How often the log was another one at each look. */
    private int looks;

    private Resume(Room room, JoinCall call, Request.Join request, long after) {
        this.room = room;
        this.call = call;
        this.request = request;
        this.after = after;
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
        Long after = request.after();
        Head head = room.head();
        if (after == null) {
            room.members().add(call.member(), joined(room, call, request, null));
        } else if (head == null) {
            room.members().add(call.member(), joined(room, call, request, Resumption.NONE));
        } else {
            new Resume(room, call, request, after).find(head);
        }
    }

    private static ByteBuf joined(Room room, JoinCall call, Request.Join request, @Nullable Resumption from) {
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
                        from);
    }

    private void find(Head head) {
        Resumption told = Resumption.of(head, request.epoch(), after);
        LogOrder order = told != null && told.after() >= head.seq() ? null : room.order();
        if (told != null) {
            go(told, head, order);
        } else if (order != null) {
            lookIntoLog(order);
        }
    }

    /**
     * The client knows another epoch, or a higher seq than has come here: it may have seen them at another node. So the
     * room reads on first. Attached now, the member would get what it has seen a second time, or none of what it has not.
     */
    private void lookIntoLog(LogOrder order) {
        long before = order.head().seq();
        order.readOn(new ReadOn.Asker() {
            @Override
            public void passed(Head log) {
                if (call.member().stage == Membership.Stage.LEFT) {
                    return;
                }
                Head here = order.head();
                Resumption told = Resumption.of(here, request.epoch(), after);
                if (told != null) {
                    go(told, here, order);
                } else if (here.seq() > before && Resumption.of(log, request.epoch(), after) != null) {
                    lookIntoLog(order); // it was no more than a page of it
                } else {
                    go(Resumption.ofAnother(here, request.epoch(), after), here, order);
                }
            }

            @Override
            public void failed(Throwable error) {
                Resume.this.failed(error);
            }
        });
    }

    /** @param order null where nothing was missed, so that a silent room needs none */
    private void go(Resumption told, Head head, @Nullable LogOrder order) {
        from = told;
        epoch = head.epoch();
        sent = told.after();
        if (sent >= head.seq() || order == null) {
            room.members().add(call.member(), joined(room, call, request, told));
        } else if (!call.readsPast()) {
            ByteBuf first = ByteBufAllocator.DEFAULT.directBuffer();
            append(first, joined(room, call, request, told.behindAGap()));
            append(first, room.rooms().writer.gap(room.id(), sent + 1, head.seq()));
            room.members().add(call.member(), first);
        } else {
            askForTurn();
        }
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
        if (epochRead.equals(epoch) && order.head().epoch().equals(epoch)) {
            send(run, order.head());
        } else {
            beganAnew(order);
        }
    }

    private void send(FrameRun run, Head head) {
        long before = sent;
        ByteBuf chunk = ByteBufAllocator.DEFAULT.directBuffer();
        boolean gap = run.oldest() > sent + 1;
        if (!opened) {
            opened = true;
            append(chunk, joined(room, call, request, gap ? from.behindAGap() : from));
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

    /** A seq of the old epoch says nothing about the new one: who has got some already comes back with both. */
    private void beganAnew(LogOrder order) {
        if (opened) {
            call.member().connection().close(CloseCode.LOG_BEGAN_ANEW);
        } else if (++looks > MOST_LOOKS) {
            failed(new LogUnavailableException("the log is another one at each look"));
        } else {
            endTurn();
            lookIntoLog(order);
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
