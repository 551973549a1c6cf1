package io.roomwire.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * permessage-deflate without context takeover on either side (RFC 7692). Every message stands for itself, so one
 * compressed form serves all members, and a connection keeps no window: the two of zlib would take 300 KB.
 *
 * <p>Not thread safe: one for each event loop.
 */
public final class Deflate implements AutoCloseable {
    /** What a sync flush ends with; not sent, and put back before inflating (RFC 7692, section 7.2). */
    static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    static final int CHUNK_BYTES = 8192;

    private final ByteBufAllocator allocator;
    private final int minBytes;
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private @Nullable Inflater spare = new Inflater(true);
    private boolean closed;

    /** @param minBytes shorter frames are not compressed: it would cost more than it saves */
    public Deflate(ByteBufAllocator allocator, int minBytes) {
        this.allocator = allocator;
        this.minBytes = minBytes;
    }

    /** The compressed frame of a plain one, or null where that does not pay. */
    @Nullable
    ByteBuf frame(ByteBuf plain) {
        int head = FrameHeader.bytesOf(plain);
        int length = plain.readableBytes() - head;
        if (length < minBytes) {
            return null;
        }
        ByteBuf out = FrameHeader.open(allocator, length / 2);
        deflater.reset();
        deflater.setInput(plain.nioBuffer(plain.readerIndex() + head, length));
        do {
            out.ensureWritable(CHUNK_BYTES);
            ByteBuffer target = out.nioBuffer(out.writerIndex(), out.writableBytes());
            out.writerIndex(out.writerIndex() + deflater.deflate(target, Deflater.SYNC_FLUSH));
        } while (!out.isWritable()); // room left: all is flushed (Deflater.deflate)
        out.writerIndex(out.writerIndex() - TAIL.length);
        return FrameHeader.text(out, true);
    }

    /**
     * Inflates one message into {@code out}, in one go.
     *
     * @param limit the most bytes that the message may have
     * @return the message's bytes, or -1 if there are more than the limit, or more final blocks than a client has reason for
     * @throws DataFormatException if the data is not of RFC 1951
     */
    public int inflate(ByteBuf message, Growing out, int limit) throws DataFormatException {
        try (Inflation one = begin(message, out, limit)) {
            while (!one.step()) {
                // nobody else waits
            }
            return one.length();
        }
    }

    /** As {@link #inflate}, by steps. The caller closes it. */
    public Inflation begin(ByteBuf message, Growing out, int limit) {
        Inflater free = spare;
        spare = null;
        return new Inflation(this, free == null ? new Inflater(true) : free, message.retain(), out, limit);
    }

    /** Nearly always the next message begins when the one before has ended, so one is kept. */
    void giveBack(Inflater inflater) {
        if (spare == null && !closed) {
            inflater.reset(); // lets go of the message's bytes
            spare = inflater;
        } else {
            inflater.end();
        }
    }

    @Override
    public void close() {
        closed = true;
        deflater.end();
        if (spare != null) {
            spare.end();
            spare = null;
        }
    }

    /** An array that grows to what is asked for and is used again. */
    public static final class Growing {
        private byte[] array = new byte[CHUNK_BYTES];

        /** The array with at least that many bytes; what was in it is still there. */
        public byte[] atLeast(int bytes) {
            if (array.length < bytes) {
                array = java.util.Arrays.copyOf(array, Math.max(bytes, array.length * 2));
            }
            return array;
        }

        public byte[] array() {
            return array;
        }
    }
}
