package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.roomwire.protocol.Deflate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;

/** Reads compressed frames, all shorter than 126 bytes, as a client does. */
final class DeflatedFrames {
    private static final int LIMIT = 1 << 20;

    private DeflatedFrames() {}

    /** What they say; the buffer is released. */
    static List<String> texts(ByteBuf frames, Deflate deflate) throws DataFormatException {
        List<String> texts = new ArrayList<>();
        Deflate.Growing scratch = new Deflate.Growing();
        try {
            while (frames.isReadable()) {
                assertThat(frames.readUnsignedByte()).as("FIN, RSV1 and text").isEqualTo((short) 0xC1);
                int length = frames.readUnsignedByte();
                assertThat(length).isLessThan(126);
                int inflated = deflate.inflate(frames.readSlice(length), scratch, LIMIT);
                texts.add(new String(scratch.array(), 0, inflated, StandardCharsets.UTF_8));
            }
        } finally {
            frames.release();
        }
        return texts;
    }
}
