package io.roomwire.connection;

import io.netty.buffer.ByteBuf;
import io.roomwire.protocol.CloseCode;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to read a page of the log for its client: of one connection one at a time, and of all together as many as
 * the {@link PageBudget} allows. A turn ends when the socket has taken the page, so a client that does not read has one page
 * in the node's memory, however much it asked for. One that reads fast gets its pages at a pace, so that the log has time for
 * others.
 *
 * <p>Belongs to the loop, as its connections do.
 */
public final class PageTurns {
    /** How often it is looked for holders that are too slow, while somebody waits. */
    private static final long LOOK_MS = 1000;

    private final Loop loop;
    private final PageBudget budget;
    private final long perSecond;
    private final Map<Connection, Line> lines = new HashMap<>(); // by identity: a connection has no equals
    private boolean looking;

    /** @param perSecond bytes that one connection may get in the long run; 0 for no limit */
    public PageTurns(Loop loop, PageBudget budget, long perSecond) {
        this.loop = loop;
        this.budget = budget;
        this.perSecond = perSecond;
    }

    /** Who takes turns. Called on the loop's thread. */
    public interface Taker {
        /** It may read now; ends by {@link #write} or {@link #end}. */
        void onTurn();

        /** It has waited for too long, and is no longer in line. */
        void onTooLate();

        /** Whether this is of that member, or of whatever else may be cancelled. */
        default boolean isOf(Object whom) {
            return this == whom;
        }
    }

    /**
     * Gets in line behind those of the same connection.
     *
     * @param pageBytes most that its page may take
     */
    public void ask(Connection connection, Taker taker, long pageBytes) {
        assert loop.inLoop();
        if (!connection.isClosing()) {
            lines.computeIfAbsent(connection, Line::new).add(new Turn(taker, pageBytes));
        }
    }

    /** How many of that connection wait or have their turn. */
    public int inLine(Connection connection) {
        assert loop.inLoop();
        Line line = lines.get(connection);
        return line == null ? 0 : line.waiting.size() + (line.now == null ? 0 : 1);
    }

    /** Writes frames, owned by this call, of whose turn it is; that ends when the socket has taken them or is gone. */
    public void write(Connection connection, Taker taker, ByteBuf frames) {
        assert loop.inLoop();
        Line line = lines.get(connection);
        Turn now = line == null ? null : line.now;
        if (line == null || now == null || now.taker != taker || now.writing) {
            connection.send(frames); // cancelled meanwhile: what little there is, such as a refusal
            return;
        }
        now.writing = true;
        long nowNs = System.nanoTime();
        line.pace.spend(frames.readableBytes(), nowNs);
        budget.sending(line, nowNs);
        connection.writePage(frames, line::ended);
    }

    /** The taker's turn is over, with nothing to write; nothing happens if it is not its turn. */
    public void end(Connection connection, Taker taker) {
        cancel(connection, taker);
    }

    /** Of this one no page is wanted any more; one that is being written is written. */
    public void cancel(Connection connection, Object whom) {
        assert loop.inLoop();
        Line line = lines.get(connection);
        if (line != null) {
            line.cancel(whom);
        }
    }

    private void lookLater() {
        if (!looking) {
            looking = true;
            loop.after(LOOK_MS, () -> {
                looking = false;
                if (budget.look(System.nanoTime())) {
                    lookLater();
                }
            });
        }
    }

    private static final class Turn {
        final Taker taker;
        final long pageBytes;
        boolean writing;

        Turn(Taker taker, long pageBytes) {
            this.taker = taker;
            this.pageBytes = pageBytes;
        }
    }

    /** Those of one connection. Has a claim while somebody waits or has the turn. */
    private final class Line implements PageBudget.Claim {
        private final Connection connection;
        private final ArrayDeque<Turn> waiting = new ArrayDeque<>(2);
        private final BytePace pace = BytePace.ofSecond(perSecond, System.nanoTime());
        private @Nullable Turn now;
        private boolean claims;

        /** It is looked at again later: its pace is too fast, or is not forgotten yet. */
        private boolean pauses;

        /** Of the claim; both are set before it is made and not changed while it stands. */
        private volatile long bytes;

        private volatile long sinceNs;

        Line(Connection connection) {
            this.connection = connection;
        }

        void add(Turn turn) {
            waiting.add(turn);
            claim();
        }

        private void claim() {
            Turn next = waiting.peek();
            if (claims || next == null) {
                return;
            }
            long waitMs = pace.waitMs(System.nanoTime());
            if (waitMs > 0) {
                pause(waitMs);
                return;
            }
            claims = true;
            bytes = next.pageBytes;
            sinceNs = System.nanoTime();
            if (budget.ask(this)) {
                lookLater();
            }
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public long sinceNs() {
            return sinceNs;
        }

        @Override
        public void tooLate() {
            loop.execute(() -> {
                if (!budget.knows(this)) { // else it is another claim by now
                    claims = false;
                    List<Turn> late = List.copyOf(waiting);
                    waiting.clear();
                    late.forEach(turn -> turn.taker.onTooLate());
                    goOn();
                }
            });
        }

        @Override
        public void granted() {
            loop.execute(
                    this::begin); // not at once: a page that a socket takes at once would call from within the last
        }

        private void begin() {
            Turn next = waiting.poll();
            if (next == null) {
                giveBack();
            } else {
                now = next;
                next.taker.onTurn();
            }
        }

        void ended() {
            now = null;
            giveBack();
        }

        private void giveBack() {
            if (connection.isClosing()) {
                waiting.clear();
            }
            claims = false;
            budget.giveBack(this);
            goOn();
        }

        private void goOn() {
            long owesMs = pace.owesMs(System.nanoTime());
            if (!waiting.isEmpty()) {
                claim();
            } else if (owesMs > 0 && !connection.isClosing()) {
                pause(owesMs); // forgotten now, it would begin again with each page
            } else if (!claims) {
                lines.remove(connection, this);
            }
        }

        private void pause(long ms) {
            if (!pauses) {
                pauses = true;
                loop.after(ms, () -> {
                    pauses = false;
                    goOn();
                });
            }
        }

        void cancel(Object whom) {
            Turn turn = now;
            if (turn != null && turn.taker.isOf(whom)) {
                if (!turn.writing) {
                    ended();
                }
                return;
            }
            waiting.removeIf(each -> each.taker.isOf(whom));
            if (waiting.isEmpty() && turn == null && claims) {
                giveBack();
            }
        }

        @Override
        public void tooSlow() {
            connection.close(CloseCode.SLOW_CONSUMER, "what was missed is read too slowly, and others wait");
        }
    }
}
