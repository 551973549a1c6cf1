package io.roomwire.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.ssl.SslHandler;
import io.roomwire.config.Config.Overflow;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.FrameHeader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One client's open WebSocket. Belongs to its {@link Loop}; only {@link #send}, {@link #close} and the accessors that say
 * so may be called by other threads.
 *
 * <p>What the socket does not take at once waits in Netty's outbound buffer, the backlog, whose bytes are bounded.
 */
public final class Connection {
    /** How long a client has to answer a close frame, or to take the answer to its own, before the socket is closed under it. */
    private static final long CLOSE_WAIT_MS = 2000;

    /** Beyond it a copy costs more than a system call. */
    private static final int MAX_HELD_BYTES = 32 << 10;

    private static final int JOINED_BYTES = 1024;

    private static final byte[] NO_REASON = new byte[0];

    private final String node;
    private final long number;
    private final Channel channel;
    private final Loop loop;
    private final Metrics metrics;
    private final long maxBacklogBytes;
    private final boolean deflates;

    /** The channel's socket if it can be written to past the pipeline, else null. */
    private final @Nullable FileDescriptor socket;

    /**
     * Whether Netty's outbound buffer may hold something: what it has taken is only known by asking it. A walk over
     * 10,000 members waits for memory most, so it should not have to.
     */
    private boolean mayWait = true;

    /** Frames for this client alone, until the pass ends or something is to follow them; null while there are none. */
    private @Nullable ByteBuf held;

    /** Whether {@link #held} is a buffer of this connection's own, that more can be written to. */
    private boolean heldIsJoined;

    private @Nullable Listener listener;
    private boolean closing;

    /** Place in the loop's list. */
    int slot;

    /** Of a page that waits in the outbound buffer. */
    private int pageBytes;

    private long deadlineMs = Long.MAX_VALUE;
    private long lastHeardNs = System.nanoTime();
    private boolean pinged;

    /** What the client sends is left in its socket, since what it asked before is not settled. */
    private boolean unread;

    /** It is left there as well, since its turn has not come. */
    private boolean awaitsTurn;

    /**
     * @param node the id of this node, unique in the cluster
     * @param number unique on the node
     * @param maxBacklogBytes beyond it the connection is a slow consumer
     * @param deflates permessage-deflate was negotiated
     */
    public Connection(
            String node,
            long number,
            Channel channel,
            Loop loop,
            Metrics metrics,
            long maxBacklogBytes,
            boolean deflates) {
        assert loop.inLoop();
        this.node = node;
        this.number = number;
        this.channel = channel;
        this.loop = loop;
        this.metrics = metrics;
        this.maxBacklogBytes = maxBacklogBytes;
        this.deflates = deflates;
        // A handler that changes what is written, such as TLS, must not be passed by.
        boolean plain = channel.pipeline().get(SslHandler.class) == null;
        socket = plain && channel instanceof EpollSocketChannel epoll ? epoll.fd() : null;
        loop.add(this);
    }

    /** Called once, before the first frame. */
    public void start(Listener listener) {
        this.listener = listener;
    }

    /** Unique in the cluster. Made when somebody asks: few do, and each idle connection would keep it. Any thread may call. */
    public String id() {
        return node + "-" + Long.toString(number, Character.MAX_RADIX);
    }

    /** Whose it is; null if the socket is gone already. Any thread may call. */
    public @Nullable InetAddress client() {
        return Client.of(channel);
    }

    /** Any thread may call. */
    public Loop loop() {
        return loop;
    }

    /** Any thread may call. */
    public boolean deflates() {
        return deflates;
    }

    /** Whether a close frame was sent or received, or the socket is gone. */
    public boolean isClosing() {
        assert loop.inLoop();
        return closing;
    }

    /**
     * Sends one frame, owned by this call, at the end of the loop's pass at the latest: what a client gets for several
     * requests of its own is one write. A full backlog closes the connection. Any thread may call.
     */
    public void send(ByteBuf frame) {
        if (!loop.inLoop()) {
            loop.execute(() -> send(frame));
        } else if (closing) {
            frame.release();
        } else {
            hold(frame);
        }
    }

    private void hold(ByteBuf frame) {
        ByteBuf before = held;
        if (before != null && before.readableBytes() + frame.readableBytes() > MAX_HELD_BYTES) {
            flushHeld();
            before = null;
        }
        if (before == null) {
            held = frame;
            loop.flushAtEndOfPass(this);
            return;
        }
        ByteBuf joined = before;
        if (!heldIsJoined) {
            heldIsJoined = true;
            joined = channel.alloc().directBuffer(JOINED_BYTES).writeBytes(before);
            held = joined;
            before.release();
        }
        joined.writeBytes(frame);
        frame.release();
    }

    /** What was held goes out, before whatever comes after it. */
    void flushHeld() {
        ByteBuf frames = held;
        if (frames != null) {
            held = null;
            heldIsJoined = false;
            write(frames, Overflow.CLOSE);
            frames.release();
        }
    }

    /**
     * Writes one or more whole frames, which stay the caller's and may be shared.
     *
     * @param overflow what to do if the backlog is full
     * @return whether the frames are on their way
     */
    public boolean write(ByteBuf frames, Overflow overflow) {
        assert loop.inLoop();
        flushHeld();
        if (closing) {
            return false;
        }
        FileDescriptor to = socket;
        if (to == null || mayWait || !frames.hasMemoryAddress()) {
            return writeBehind(frames, overflow);
        }
        return to.isOpen() && writeDirectly(to, frames, overflow);
    }

    private boolean writeBehind(ByteBuf frames, Overflow overflow) {
        ChannelOutboundBuffer backlog = channel.unsafe().outboundBuffer();
        if (backlog == null) {
            return false;
        }
        if (backlog.isEmpty() && socket != null && frames.hasMemoryAddress()) {
            mayWait = false;
            return writeDirectly(socket, frames, overflow);
        }
        return queue(frames.retainedDuplicate(), backlog.totalPendingWriteBytes(), overflow);
    }

    /** One system call, past the pipeline: with nothing waiting it changes no order, and saves what a pipeline costs. */
    private boolean writeDirectly(FileDescriptor to, ByteBuf frames, Overflow overflow) {
        int bytes = frames.readableBytes();
        int sent;
        try {
            sent = to.writeAddress(frames.memoryAddress(), frames.readerIndex(), frames.writerIndex());
        } catch (IOException e) {
            channel.close();
            return false;
        }
        return sent == bytes || queue(frames.retainedSlice(frames.readerIndex() + sent, bytes - sent), 0, overflow);
    }

    private boolean queue(ByteBuf owned, long waitingBytes, Overflow overflow) {
        long backlog = waitingBytes - pageBytes;
        if (backlog > 0 && backlog + owned.readableBytes() > maxBacklogBytes) {
            owned.release();
            if (overflow == Overflow.CLOSE) {
                close(CloseCode.SLOW_CONSUMER);
            }
            return false;
        }
        mayWait = true;
        channel.writeAndFlush(owned, channel.voidPromise());
        return true;
    }

    /**
     * Writes a page that the client asked for, owned by this call, and runs the task on the loop's thread once the socket has
     * taken it or is gone. It counts for no backlog: the client gets it as fast as it reads, see {@link PageTurns}.
     */
    public void writePage(ByteBuf frames, Runnable whenDone) {
        assert loop.inLoop();
        flushHeld();
        if (closing) {
            frames.release();
            whenDone.run();
            return;
        }
        mayWait = true;
        int bytes = frames.readableBytes();
        pageBytes += bytes;
        channel.writeAndFlush(frames).addListener(done -> {
            pageBytes -= bytes;
            whenDone.run();
        });
    }

    /** Whether what the client sends is read; some that has come already may still be handed on. */
    public void reading(boolean on) {
        assert loop.inLoop();
        unread = !on;
        readOrNot(on);
    }

    /** Whether what the client sends waits for its turn; as {@link #reading}, and beside it. */
    public void holdForTurn(boolean on) {
        assert loop.inLoop();
        awaitsTurn = on;
        readOrNot(!on);
    }

    private void readOrNot(boolean on) {
        if (on) {
            heard(System.nanoTime());
        }
        channel.config().setAutoRead(!unread && !awaitsTurn);
    }

    /** The client gave a sign of life. */
    public void heard(long nowNs) {
        assert loop.inLoop();
        lastHeardNs = nowNs;
        pinged = false;
    }

    /** Nanoseconds since the last sign of life; 0 while nothing is read. */
    public long silentNs(long nowNs) {
        assert loop.inLoop();
        return unread || awaitsTurn ? 0 : nowNs - lastHeardNs;
    }

    /** Sends a ping, unless one went out since the last sign of life. */
    public void pingOnce() {
        assert loop.inLoop();
        if (!pinged) {
            pinged = true;
            send(FrameHeader.ping(channel.alloc()));
        }
    }

    /** The listener is told when that moment has come, within a sweep of the heartbeat; in place of an earlier one. */
    public void deadline(long unixMs) {
        assert loop.inLoop();
        deadlineMs = unixMs;
    }

    /** Looks whether the deadline has come. */
    public void checkDeadline(long nowMs) {
        assert loop.inLoop();
        if (nowMs >= deadlineMs && listener != null) {
            deadlineMs = Long.MAX_VALUE;
            listener.onDeadline();
        }
    }

    /** Bytes that wait for the socket. */
    public long backlogBytes() {
        assert loop.inLoop();
        ChannelOutboundBuffer backlog = channel.unsafe().outboundBuffer();
        return backlog == null ? 0 : backlog.totalPendingWriteBytes();
    }

    /** Says goodbye with the code's own reason. Any thread may call. */
    public void close(CloseCode code) {
        close(code, code.reason());
    }

    /** Says goodbye, with a reason for a person, and closes once the client has answered. Any thread may call. */
    public void close(CloseCode code, String reason) {
        loop.run(() -> {
            if (leave(code.code())) {
                ByteBuf frame =
                        FrameHeader.close(channel.alloc(), code.code(), reason.getBytes(StandardCharsets.UTF_8));
                channel.writeAndFlush(frame).addListener(done -> {
                    if (code.failsTheConnection()) {
                        endOutput();
                    }
                });
                loop.after(CLOSE_WAIT_MS, channel::close);
            }
        });
    }

    /**
     * Ends our side alone: the client sees the end at once, and what it still sends does not make the kernel throw away
     * the close frame on its way.
     */
    private void endOutput() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.closeOutbound().addListener(done -> endSocketsOutput()); // without it the end could be an attacker's
        } else {
            endSocketsOutput();
        }
    }

    private void endSocketsOutput() {
        if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        } else {
            channel.close();
        }
    }

    /**
     * The client said goodbye first: answers it and closes.
     *
     * @param code the client's, or 0 for none
     */
    public void closedByClient(int code) {
        assert loop.inLoop();
        if (leave(code == 0 ? 1005 : code)) {
            channel.writeAndFlush(FrameHeader.close(channel.alloc(), code, NO_REASON))
                    .addListener(done -> channel.close());
            loop.after(CLOSE_WAIT_MS, channel::close); // one that reads nothing would never take the answer
        }
    }

    /** The socket is gone. */
    public void disconnected() {
        assert loop.inLoop();
        leave(1006);
    }

    private boolean leave(int code) {
        flushHeld();
        if (closing) {
            return false;
        }
        closing = true;
        loop.remove(this);
        metrics.connectionClosed(code);
        if (listener != null) {
            listener.onClosing();
        }
        return true;
    }

    /** Who is told what becomes of the connection. */
    public interface Listener {
        /** Called once, on the loop's thread, before the close frame goes out. */
        void onClosing();

        /** Called on the loop's thread when a {@link Connection#deadline} has come; for who sets one. */
        default void onDeadline() {}
    }
}
