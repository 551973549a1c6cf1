package io.roomwire.test.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One frame of RFC 6455, right or wrong: each bit can be set as no client should.
 *
 * @param rsv the three reserved bits, RSV1 is 4
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record WireFrame(boolean fin, int rsv, int opcode, boolean masked, byte[] payload) {
    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;
    public static final int RSV1 = 4;

    /** A whole, masked frame. */
    public static WireFrame of(int opcode, byte[] payload) {
        return new WireFrame(true, 0, opcode, true, payload);
    }

    public static WireFrame of(int opcode, String payload) {
        return of(opcode, payload.getBytes(StandardCharsets.UTF_8));
    }

    public static WireFrame text(String payload) {
        return of(TEXT, payload);
    }

    public static WireFrame close(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        return of(
                CLOSE,
                ByteBuffer.allocate(2 + text.length)
                        .putShort((short) code)
                        .put(text)
                        .array());
    }

    /** More of the message is to come. */
    public WireFrame unfinished() {
        return new WireFrame(false, rsv, opcode, masked, payload);
    }

    public WireFrame rsv(int bits) {
        return new WireFrame(fin, bits, opcode, masked, payload);
    }

    public WireFrame unmasked() {
        return new WireFrame(fin, rsv, opcode, false, payload);
    }

    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** The code of a close frame, or 1005 where it has none. */
    public int closeCode() {
        return payload.length == 0 ? Closing.NO_CODE : ByteBuffer.wrap(payload).getShort() & 0xffff;
    }

    public String closeReason() {
        return payload.length <= 2 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }

    public byte[] encoded() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 14);
        out.writeBytes(header(payload.length));
        byte[] mask = new byte[4];
        if (masked) {
            ThreadLocalRandom.current().nextBytes(mask);
            out.writeBytes(mask);
        }
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ mask[i & 3]);
        }
        return out.toByteArray();
    }

    /** The header without the mask, with a length that the payload may not have. */
    public byte[] header(long length) {
        ByteBuffer header = ByteBuffer.allocate(10).put((byte) ((fin ? 0x80 : 0) | rsv << 4 | opcode));
        int maskBit = masked ? 0x80 : 0;
        if (length >= 0 && length < 126) {
            header.put((byte) (maskBit | length));
        } else if (length >= 0 && length < 1 << 16) {
            header.put((byte) (maskBit | 126)).putShort((short) length);
        } else {
            header.put((byte) (maskBit | 127)).putLong(length);
        }
        byte[] bytes = new byte[header.position()];
        header.flip().get(bytes);
        return bytes;
    }
}
