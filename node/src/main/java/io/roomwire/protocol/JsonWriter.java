package io.roomwire.protocol;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Puts the fields of one flat JSON object into a buffer. Names are ours and need no escapes; values get them.
 *
 * <p>Not thread safe. A generator of a library would need a stream and a copy for each frame.
 */
final class JsonWriter {
    private static final JsonStringEncoder ENCODER = JsonStringEncoder.getInstance();

    private final ByteBuf out;
    private boolean first = true;

    JsonWriter(ByteBuf out) {
        this.out = out;
        out.writeByte('{');
    }

    JsonWriter text(String name, String value) {
        name(name);
        out.writeByte('"').writeBytes(quoted(value)).writeByte('"');
        return this;
    }

    /** An error frame repeats what a client sent: half a surrogate pair in it becomes a question mark, not our failure. */
    private static byte[] quoted(String value) {
        try {
            return ENCODER.quoteAsUTF8(value);
        } catch (IllegalArgumentException halfPair) {
            byte[] replaced = value.getBytes(StandardCharsets.UTF_8);
            return ENCODER.quoteAsUTF8(new String(replaced, StandardCharsets.UTF_8));
        }
    }

    JsonWriter number(String name, long value) {
        name(name);
        digits(value);
        return this;
    }

    JsonWriter flag(String name, boolean value) {
        name(name);
        ascii(value ? "true" : "false");
        return this;
    }

    /** A value that is JSON already. */
    JsonWriter raw(String name, byte[] json) {
        name(name);
        out.writeBytes(json);
        return this;
    }

    /** Leaves the writer right behind the colon of a field, whose value the caller writes. */
    ByteBuf open(String name) {
        name(name);
        return out;
    }

    void end() {
        out.writeByte('}');
    }

    private void name(String name) {
        if (!first) {
            out.writeByte(',');
        }
        first = false;
        out.writeByte('"');
        ascii(name);
        out.writeByte('"').writeByte(':');
    }

    private void ascii(String text) {
        out.writeCharSequence(text, StandardCharsets.US_ASCII);
    }

    private void digits(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("negative: " + value);
        }
        int length = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            length++;
        }
        int end = out.writerIndex() + length;
        out.ensureWritable(length);
        long rest = value;
        for (int i = end - 1; i >= end - length; i--) {
            out.setByte(i, (int) ('0' + rest % 10));
            rest /= 10;
        }
        out.writerIndex(end);
    }
}
