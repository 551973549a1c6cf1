package io.roomwire.redis;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the payload on a room's channel: version, kind, length and bytes of the origin, which names a process,
 * the seq in eight bytes, most significant first, and length and bytes of the epoch in which it was given, none if the
 * sender does not know; each length is one byte. Seq and epoch come last, since scripts add them.
 *
 * <p>Immutable; one for each node.
 */
public final class RelayHeader {
    /** A node drops what has another one: raise it with every change of the bytes. */
    private static final byte VERSION = 2;

    private static final int FIXED_BYTES = 3;
    private static final int MAX_ORIGIN_BYTES = 255;

    private final byte[] origin;

    /** @param process who sends, at most 255 bytes of UTF-8 */
    public RelayHeader(String process) {
        origin = process.getBytes(StandardCharsets.UTF_8);
        if (origin.length > MAX_ORIGIN_BYTES) {
            throw new IllegalArgumentException("the origin has " + origin.length + " bytes, at most 255 are allowed");
        }
    }

    /** What a payload is about. */
    public enum Kind {
        /** The final bytes for clients. */
        MESSAGE('m'),
        /** The id of a user whose first connection came into the room. */
        JOINED('j'),
        /** The id of a user whose last connection left the room. */
        LEFT('l'),
        /** Nothing: a node's message to itself, whose seq is its number. */
        PROBE('p'),
        /** Nothing: a node's word that it is there, whose seq is the number of its database. */
        HERE('h');

        private static final Kind[] ALL = values();

        private final byte code;

        Kind(char code) {
            this.code = (byte) code;
        }

        static @Nullable Kind of(byte code) {
            for (Kind kind : ALL) {
                if (kind.code == code) {
                    return kind;
                }
            }
            return null;
        }
    }

    /** A header that was read. */
    public record Read(Kind kind, boolean own, long seq, String epoch) {}

    /** Everything up to the seq. */
    public byte[] beforeSeq(Kind kind) {
        byte[] bytes = new byte[FIXED_BYTES + origin.length];
        ByteBuffer.wrap(bytes)
                .put(VERSION)
                .put(kind.code)
                .put((byte) origin.length)
                .put(origin);
        return bytes;
    }

    /**
     * Header and payload; the payload stays the caller's.
     *
     * @param epoch in which the seq was given, ASCII and at most 255 characters; empty if there is none
     */
    public byte[] before(Kind kind, long seq, String epoch, ByteBuf payload) {
        byte[] first = beforeSeq(kind);
        byte[] life = epoch.getBytes(StandardCharsets.ISO_8859_1);
        int length = first.length + Long.BYTES + 1 + life.length;
        byte[] all = Arrays.copyOf(first, length + payload.readableBytes());
        ByteBuffer.wrap(all)
                .position(first.length)
                .putLong(seq)
                .put((byte) life.length)
                .put(life);
        payload.getBytes(payload.readerIndex(), all, length, payload.readableBytes());
        return all;
    }

    /** Reads a header and leaves the buffer where the payload begins; null if this is none of this version. */
    public @Nullable Read read(ByteBuffer bytes) {
        if (bytes.remaining() < FIXED_BYTES || bytes.get() != VERSION) {
            return null;
        }
        Kind kind = Kind.of(bytes.get());
        byte[] from = new byte[bytes.get() & 0xFF];
        if (kind == null || bytes.remaining() < from.length + Long.BYTES + 1) {
            return null;
        }
        bytes.get(from);
        long seq = bytes.getLong();
        byte[] epoch = new byte[bytes.get() & 0xFF];
        if (seq < 0 || bytes.remaining() < epoch.length) {
            return null;
        }
        bytes.get(epoch);
        return new Read(kind, Arrays.equals(from, origin), seq, new String(epoch, StandardCharsets.ISO_8859_1));
    }
}
