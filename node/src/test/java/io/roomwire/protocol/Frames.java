package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads whole frames of a node as a client does; a frame that is not of RFC 6455 fails the test. */
public final class Frames {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Frames() {}

    /** A frame's first byte and what it carries. */
    @SuppressWarnings("ArrayRecordComponent") // read by the test that opened it
    record Opened(int first, byte[] payload) {}

    /** Opens the one frame in the buffer, and releases it. */
    static Opened open(ByteBuf frame) {
        try {
            ByteBuf in = frame.duplicate();
            int first = in.readUnsignedByte();
            int length = in.readUnsignedByte();
            assertThat(length & 0x80).as("a node's frames have no mask").isZero();
            if (length == 126) {
                length = in.readUnsignedShort();
                assertThat(length).as("the shortest form of a length is sent").isGreaterThan(125);
            } else if (length == 127) {
                length = Math.toIntExact(in.readLong());
                assertThat(length).as("the shortest form of a length is sent").isGreaterThan(65535);
            }
            assertThat(in.readableBytes()).as("bytes behind the head").isEqualTo(length);
            byte[] payload = new byte[length];
            in.readBytes(payload);
            return new Opened(first, payload);
        } finally {
            frame.release();
        }
    }

    /** What the frames in the buffer carry, one after the other; the buffer is released. */
    public static List<String> texts(ByteBuf frames) {
        List<String> texts = new ArrayList<>();
        try {
            while (frames.isReadable()) {
                int head = FrameHeader.bytesOf(frames);
                int length = frames.getUnsignedByte(frames.readerIndex() + 1) & 0x7F;
                if (length == 126) {
                    length = frames.getUnsignedShort(frames.readerIndex() + 2);
                } else if (length == 127) {
                    length = Math.toIntExact(frames.getLong(frames.readerIndex() + 2));
                }
                Opened opened = open(frames.readRetainedSlice(head + length));
                texts.add(new String(opened.payload(), StandardCharsets.UTF_8));
            }
        } finally {
            frames.release();
        }
        return texts;
    }

    /** The JSON of the one text frame in the buffer, which is released. */
    static JsonNode json(ByteBuf frame) throws IOException {
        Opened opened = open(frame);
        assertThat(opened.first()).as("FIN and text").isEqualTo(0x81);
        return JSON.readTree(opened.payload());
    }

    /** The JSON of the message, which is released. */
    static JsonNode json(Frame frame) throws IOException {
        try {
            return json(frame.plain().retain());
        } finally {
            frame.release();
        }
    }
}
