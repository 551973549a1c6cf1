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
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    private static final int CHUNK_BYTES = 8192;

    /** After each of them zlib begins again, in 0.5 us; 32,000 fit into a message. One a fragment is the most that was ever seen. */
    private static final int MOST_FINAL_BLOCKS = 1000;

    private final ByteBufAllocator allocator;
    private final int minBytes;
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final Inflater inflater = new Inflater(true);

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
     * Inflates one message into {@code out}.
     *
     * @param limit the most bytes that the message may have
     * @return the message's bytes, or -1 if there are more than the limit, or more final blocks than a client has reason for
     * @throws DataFormatException if the data is not of RFC 1951
     */
    public int inflate(ByteBuf message, Growing out, int limit) throws DataFormatException {
        inflater.reset();
        inflater.setInput(message.nioBuffer());
        int total = 0;
        int finalBlocks = 0;
        boolean tailGiven = false;
        while (true) {
            byte[] target = out.atLeast(Math.min(limit + 1, total + CHUNK_BYTES));
            total += inflater.inflate(target, total, target.length - total);
            if (total > limit) {
                return -1;
            }
            if (inflater.finished()) { // a final block inside of the message is legal (RFC 7692, section 7.2.3.4)
                int rest = inflater.getRemaining();
                if (rest == 0 || tailGiven) {
                    return total;
                }
                if (++finalBlocks > MOST_FINAL_BLOCKS) {
                    return -1;
                }
                ByteBuffer remaining = message.nioBuffer();
                remaining.position(remaining.limit() - rest);
                inflater.reset();
                inflater.setInput(remaining);
            } else if (inflater.needsInput()) {
                if (tailGiven) {
                    return total;
                }
                tailGiven = true;
                inflater.setInput(TAIL);
            }
        }
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
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
