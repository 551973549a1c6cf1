package io.roomwire.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The head of a frame from node to client: unmasked, never fragmented (RFC 6455, section 5.2). */
public final class FrameHeader {
    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40;
    private static final int TEXT = 0x1;
    private static final int CLOSE = 0x8;
    private static final int PING = 0x9;
    private static final int PONG = 0xA;

    /** The longest head: two bytes and a length of eight. */
    private static final int MAX_BYTES = 10;

    private static final int TWO_BYTE_LENGTH = 126;
    private static final int EIGHT_BYTE_LENGTH = 127;

    private FrameHeader() {}

    /**
     * A direct buffer with room for the longest head in front of what is written to it; {@link #text} closes it. Direct,
     * so that it can be handed to the kernel as it is, any number of times.
     */
    static ByteBuf open(ByteBufAllocator allocator, int payloadBytes) {
        return allocator
                .directBuffer(MAX_BYTES + payloadBytes)
                .writeZero(MAX_BYTES)
                .readerIndex(MAX_BYTES);
    }

    /** Puts the head of a text frame in front of the payload that was written since {@link #open}. */
    static ByteBuf text(ByteBuf payload, boolean compressed) {
        int length = payload.readableBytes();
        int start = payload.readerIndex() - bytes(length);
        int end = payload.writerIndex();
        payload.setIndex(start, start);
        write(payload, FIN | (compressed ? RSV1 : 0) | TEXT, length);
        return payload.writerIndex(end);
    }

    /** A ping without payload, for the heartbeat. */
    public static ByteBuf ping(ByteBufAllocator allocator) {
        return control(allocator, PING, 0);
    }

    /** The answer to a ping, with the ping's own payload (at most 125 bytes), which stays the caller's. */
    public static ByteBuf pong(ByteBufAllocator allocator, ByteBuf payload) {
        return control(allocator, PONG, payload.readableBytes())
                .writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    }

    /** A close frame; {@code code} 0 makes one without a body. The reason is cut to what a control frame holds. */
    public static ByteBuf close(ByteBufAllocator allocator, int code, byte[] reason) {
        if (code == 0) {
            return control(allocator, CLOSE, 0);
        }
        int kept = Math.min(reason.length, 123);
        return control(allocator, CLOSE, 2 + kept).writeShort(code).writeBytes(reason, 0, kept);
    }

    /** How long the head of this frame is. */
    public static int bytesOf(ByteBuf frame) {
        int length = frame.getByte(frame.readerIndex() + 1) & 0x7F;
        return length < TWO_BYTE_LENGTH ? 2 : length == TWO_BYTE_LENGTH ? 4 : MAX_BYTES;
    }

    private static ByteBuf control(ByteBufAllocator allocator, int opcode, int length) {
        ByteBuf frame = allocator.directBuffer(2 + length);
        write(frame, FIN | opcode, length);
        return frame;
    }

    private static int bytes(int length) {
        return length < TWO_BYTE_LENGTH ? 2 : length <= 0xFFFF ? 4 : MAX_BYTES;
    }

    private static void write(ByteBuf out, int first, int length) {
        out.writeByte(first);
        if (length < TWO_BYTE_LENGTH) {
            out.writeByte(length);
        } else if (length <= 0xFFFF) {
            out.writeByte(TWO_BYTE_LENGTH).writeShort(length);
        } else {
            out.writeByte(EIGHT_BYTE_LENGTH).writeLong(length);
        }
    }
}
