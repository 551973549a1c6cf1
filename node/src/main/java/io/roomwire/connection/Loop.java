package io.roomwire.connection;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.roomwire.protocol.Deflate;
import io.roomwire.protocol.RequestReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One event loop with what all of its connections share.
 *
 * <p>Any thread may call {@link #index}, {@link #eventLoop}, {@link #inLoop}, {@link #execute}, {@link #run},
 * {@link #after} and {@link #backlogBytes}; logs, the relay and the drain do. Everything else belongs to the loop's thread,
 * and asserts it.
 */
public final class Loop {
    private final int index;
    private final SingleThreadEventLoop eventLoop;
    private final Deflate deflate;
    private final RequestReader reader = new RequestReader();
    private final Deflate.Growing scratch = new Deflate.Growing();
    private final List<Connection> connections = new ArrayList<>();
    private final Turns turns = new Turns(this);

    /** Those that have something to send at the end of this pass. */
    private final ArrayDeque<Connection> holding = new ArrayDeque<>();

    private final Runnable flush = this::flushAll;
    private boolean flushing;

    /** Bytes that waited for this loop's connections at the last heartbeat sweep; read by any thread. */
    private volatile long backlogBytes;

    /**
     * @param index from 0, without holes
     * @param eventLoop one of a group of this JVM's own
     */
    public Loop(int index, EventLoop eventLoop, Deflate deflate) {
        this.index = index;
        this.eventLoop = (SingleThreadEventLoop) eventLoop;
        this.deflate = deflate;
    }

    /** The one of these loops that the channel is registered with. */
    public static Loop of(Channel channel, List<Loop> loops) {
        for (Loop loop : loops) {
            if (loop.eventLoop == channel.eventLoop()) {
                return loop;
            }
        }
        throw new IllegalArgumentException("a channel of another group");
    }

    public int index() {
        return index;
    }

    public EventLoop eventLoop() {
        return eventLoop;
    }

    public boolean inLoop() {
        return eventLoop.inEventLoop();
    }

    /** Runs the task on the loop's thread, after those that were given before. */
    public void execute(Runnable task) {
        eventLoop.execute(task);
    }

    /** Runs at once if this is the loop's thread, else as {@link #execute} does. */
    public void run(Runnable task) {
        if (inLoop()) {
            task.run();
        } else {
            eventLoop.execute(task);
        }
    }

    /** Runs the task after that many milliseconds on the loop's thread. */
    public void after(long delayMs, Runnable task) {
        eventLoop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
    }

    /** Runs the task once everything is done that came in during this pass of the loop. */
    public void atEndOfPass(Runnable task) {
        assert inLoop();
        eventLoop.executeAfterEventLoopIteration(task);
    }

    /** Calls {@link Connection#flushHeld} then. */
    void flushAtEndOfPass(Connection connection) {
        assert inLoop();
        holding.add(connection);
        if (!flushing) {
            flushing = true;
            atEndOfPass(flush);
        }
    }

    private void flushAll() {
        flushing = false; // first: if one fails, the next pass goes on behind it
        for (Connection next = holding.poll(); next != null; next = holding.poll()) {
            next.flushHeld();
        }
    }

    /** Runs the task in the next pass: the loop looks after its sockets first. */
    public void inNextPass(Runnable task) {
        assert inLoop();
        // A plain task would run in this pass still, however long that takes (SingleThreadEventExecutor.runAllTasks).
        eventLoop.schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    /** For those who need more of this loop than others do. */
    public Turns turns() {
        assert inLoop();
        return turns;
    }

    /** Compresses and inflates for this loop. */
    public Deflate deflate() {
        assert inLoop();
        return deflate;
    }

    /** Parses for this loop. */
    public RequestReader reader() {
        assert inLoop();
        return reader;
    }

    /** An array that a frame is copied to for parsing; valid until the next frame. */
    public Deflate.Growing scratch() {
        assert inLoop();
        return scratch;
    }

    /** The open connections of this loop, in no order; the list changes when one opens or closes. */
    public List<Connection> connections() {
        assert inLoop();
        return connections;
    }

    void add(Connection connection) {
        assert inLoop();
        connection.slot = connections.size();
        connections.add(connection);
    }

    void remove(Connection connection) {
        assert inLoop();
        Connection last = connections.remove(connections.size() - 1);
        if (last != connection) {
            connections.set(connection.slot, last);
            last.slot = connection.slot;
        }
    }

    public long backlogBytes() {
        return backlogBytes;
    }

    public void backlogBytes(long bytes) {
        backlogBytes = bytes;
    }
}
