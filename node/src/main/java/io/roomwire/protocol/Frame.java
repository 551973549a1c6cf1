package io.roomwire.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import org.jspecify.annotations.Nullable;

/**
 * One message for clients, encoded once a form and written to any number of sockets. The bytes never change.
 *
 * <p>Reference counted; any thread may retain, release and read it. {@link #deflate} belongs to the room's owner, before
 * it hands the frame to other threads.
 */
public final class Frame extends AbstractReferenceCounted {
    private final ByteBuf plain;
    private @Nullable ByteBuf deflated;

    /** When the message came in, by {@link System#nanoTime}; 0 for frames whose delivery nobody times. */
    private final long acceptedNs;

    /** Takes ownership of the whole frame, head and payload. */
    Frame(ByteBuf plain, long acceptedNs) {
        this.plain = plain;
        this.acceptedNs = acceptedNs;
    }

    /** The frame as text; its owner is this object. */
    public ByteBuf plain() {
        return plain;
    }

    /** The message itself, without the frame's head, for peers; retained, so the caller's to release. */
    public ByteBuf payload() {
        int head = FrameHeader.bytesOf(plain);
        return plain.retainedSlice(plain.readerIndex() + head, plain.readableBytes() - head);
    }

    /** The compressed form, for connections that negotiated it; the plain one where compressing does not pay. */
    public ByteBuf deflated() {
        return deflated == null ? plain : deflated;
    }

    public long acceptedNs() {
        return acceptedNs;
    }

    /** Makes the compressed form unless it is there: at most once a node, however many members want it. */
    public void deflate(Deflate deflate) {
        if (deflated == null) {
            deflated = deflate.frame(plain);
        }
    }

    @Override
    public Frame retain() {
        super.retain();
        return this;
    }

    @Override
    protected void deallocate() {
        plain.release();
        if (deflated != null) {
            deflated.release();
        }
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        plain.touch(hint);
        return this;
    }
}
