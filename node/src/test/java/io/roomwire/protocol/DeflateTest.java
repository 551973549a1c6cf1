package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;

class DeflateTest {
    private static final int LIMIT = 1 << 20;

    private final Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
    private final Deflate.Growing out = new Deflate.Growing();

    @AfterProperty
    void end() {
        deflate.close();
    }

    private byte[] inflated(byte[] compressed, int limit) throws DataFormatException {
        ByteBuf message = Unpooled.wrappedBuffer(compressed);
        int length = deflate.inflate(message, out, limit);
        assertThat(message.readableBytes()).as("the message stays the caller's").isEqualTo(compressed.length);
        return length < 0 ? null : Arrays.copyOf(out.array(), length);
    }

    private byte[] compressed(byte[] payload) {
        Frame frame = new FrameWriter(UnpooledByteBufAllocator.DEFAULT).relayed(ByteBuffer.wrap(payload));
        try {
            frame.deflate(deflate);
            Frames.Opened opened = Frames.open(frame.deflated().retain());
            assertThat(opened.first()).as("FIN, RSV1 and text").isEqualTo(0xC1);
            return opened.payload();
        } finally {
            frame.release();
        }
    }

    /** What a client may send: whatever zlib gives with that flush, with or without the tail. */
    private static byte[] zlib(byte[] payload, int level, boolean finish) {
        Deflater zlib = new Deflater(level, true);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] chunk = new byte[1000];
        zlib.setInput(payload);
        if (finish) {
            zlib.finish();
        }
        int length;
        do {
            length = zlib.deflate(chunk, 0, chunk.length, Deflater.SYNC_FLUSH);
            bytes.write(chunk, 0, length);
        } while (length == chunk.length);
        zlib.end();
        byte[] all = bytes.toByteArray();
        return finish ? all : Arrays.copyOf(all, all.length - 4);
    }

    private static byte[] payload(Random random, int size, int alphabet) {
        byte[] payload = new byte[size];
        for (int i = 0; i < size; i++) {
            payload[i] = (byte) random.nextInt(alphabet);
        }
        return payload;
    }

    @Property(tries = 300)
    void whatWasCompressedComesBack(
            @ForAll Random random,
            @ForAll @IntRange(max = 70_000) int size,
            @ForAll @IntRange(min = 1, max = 256) int alphabet)
            throws DataFormatException {
        byte[] payload = payload(random, size, alphabet);

        assertThat(inflated(compressed(payload), LIMIT)).isEqualTo(payload);
    }

    @Property(tries = 300)
    void aClientMayCompressAsItLikes(
            @ForAll Random random,
            @ForAll @IntRange(max = 70_000) int size,
            @ForAll @IntRange(min = 1, max = 256) int alphabet,
            @ForAll @IntRange(max = 9) int level,
            @ForAll boolean finish)
            throws DataFormatException {
        byte[] payload = payload(random, size, alphabet);

        assertThat(inflated(zlib(payload, level, finish), LIMIT)).isEqualTo(payload);
    }

    @Property(tries = 100)
    void blocksMayFollowAFinalOne(@ForAll @Size(max = 3000) byte[] one, @ForAll @Size(max = 3000) byte[] two)
            throws DataFormatException {
        byte[] both = Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        byte[] first = zlib(one, 6, true);
        for (boolean finish : new boolean[] {true, false}) {
            byte[] second = zlib(two, 6, finish);
            byte[] message = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, message, first.length, second.length);

            assertThat(inflated(message, LIMIT)).isEqualTo(both);
        }
    }

    @Property(tries = 100)
    void theLimitIsTheMostThatPasses(@ForAll Random random, @ForAll @IntRange(min = 1, max = 40_000) int size)
            throws DataFormatException {
        byte[] payload = payload(random, size, 4);
        byte[] message = compressed(payload);

        assertThat(inflated(message, size)).isEqualTo(payload);
        assertThat(inflated(message, size - 1)).isNull();
    }

    @Example
    void aBombIsNotUnpacked() throws DataFormatException {
        Deflate.Growing fresh = new Deflate.Growing();

        int length = deflate.inflate(Unpooled.wrappedBuffer(zlib(new byte[64 << 20], 9, false)), fresh, 65536);

        assertThat(length).isEqualTo(-1);
        assertThat(fresh.array().length).isLessThanOrEqualTo(2 * 65537);
    }

    /** Each with tables of its own, and nothing in it: the dearest that zlib can be given for its length. */
    private static byte[] emptyBlocks(int bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] bits = new int[2]; // what waits for its byte, and how many of them
        while (out.size() < bytes) {
            put(out, bits, 0b100, 3); // not the last one; tables of its own
            put(out, bits, 0, 10); // 257 codes of literals, one of distances
            put(out, bits, 14, 4); // lengths of 18 codes follow, in the order of RFC 1951, section 3.2.7
            for (int i = 0; i < 18; i++) {
                put(out, bits, i == 2 || i == 17 ? 1 : 0, 3); // 18, which repeats zeros, and 1
            }
            put(out, bits, 1 | 127 << 1, 8); // 138 zeros
            put(out, bits, 1 | 107 << 1, 8); // 118 zeros
            put(out, bits, 0, 2); // the end of a block, and a distance, by a code of one bit each
            put(out, bits, 0, 1); // the end of the block
        }
        return Arrays.copyOf(out.toByteArray(), bytes);
    }

    private static void put(ByteArrayOutputStream out, int[] bits, int value, int count) {
        bits[0] |= value << bits[1];
        bits[1] += count;
        while (bits[1] >= 8) {
            out.write(bits[0]);
            bits[0] >>>= 8;
            bits[1] -= 8;
        }
    }

    @Example
    void aMessageIsInflatedAKilobyteAtATime() throws DataFormatException {
        byte[] message = emptyBlocks(60_000);
        int steps = 1;
        try (Inflation inflation = deflate.begin(Unpooled.wrappedBuffer(message), out, LIMIT)) {
            while (!inflation.step()) {
                steps++;
            }
            assertThat(inflation.length()).isZero();
        }
        assertThat(steps).isGreaterThanOrEqualTo(60_000 / 1024);
    }

    @Property(tries = 100)
    void aMessageThatIsPutAsideComesBackWholeWhateverIsInflatedMeanwhile(
            @ForAll Random random, @ForAll @IntRange(max = 70_000) int size, @ForAll @IntRange(max = 9) int level)
            throws DataFormatException {
        byte[] payload = payload(random, size, 20);
        byte[] between = payload(random, 3000, 256);
        ByteBuf message = Unpooled.wrappedBuffer(zlib(payload, level, random.nextBoolean()));
        try (Inflation inflation = deflate.begin(message, out, LIMIT)) {
            boolean done = inflation.step();
            inflation.putAside();
            while (!done) {
                assertThat(inflated(zlib(between, 6, false), LIMIT)).isEqualTo(between);
                done = inflation.step();
            }
            assertThat(Arrays.copyOf(inflation.bytes(), inflation.length())).isEqualTo(payload);
        }
        assertThat(message.refCnt()).isEqualTo(1);
    }

    @Property
    void anyBytesAreAMessageOrNoDeflate(@ForAll byte[] garbage) {
        try {
            assertThat(deflate.inflate(Unpooled.wrappedBuffer(garbage), out, 1000))
                    .isBetween(-1, 1000);
        } catch (DataFormatException e) {
            assertThat(garbage).isNotEmpty();
        }
    }

    @Example
    void aBlockOfNoKnownTypeIsRefused() {
        assertThatThrownBy(() -> inflated(new byte[] {0x07, 1, 2, 3}, LIMIT)).isInstanceOf(DataFormatException.class);
    }

    @Example
    void garbageLeavesNothingForTheNextMessage() throws DataFormatException {
        byte[] payload = {1, 2, 3};
        byte[] message = compressed(payload);
        assertThatThrownBy(() -> inflated(new byte[] {0x07, 1, 2, 3}, LIMIT)).isInstanceOf(DataFormatException.class);

        assertThat(inflated(message, LIMIT)).isEqualTo(payload);
        assertThat(inflated(message, 2)).isNull();
        assertThat(inflated(message, LIMIT)).isEqualTo(payload);
    }

    @Example
    void shortFramesStayPlain() {
        try (Deflate from100 = new Deflate(UnpooledByteBufAllocator.DEFAULT, 100)) {
            FrameWriter writer = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);
            Frame small = writer.relayed(ByteBuffer.wrap(new byte[99]));
            Frame large = writer.relayed(ByteBuffer.wrap(new byte[100]));
            small.deflate(from100);
            large.deflate(from100);

            assertThat(small.deflated()).isSameAs(small.plain());
            assertThat(large.deflated()).isNotSameAs(large.plain());
            small.release();
            large.release();
        }
    }

    @Example
    void aFrameIsCompressedOnceAndGivenBackWithIt() {
        Frame frame = new FrameWriter(UnpooledByteBufAllocator.DEFAULT).relayed(ByteBuffer.wrap(new byte[500]));
        frame.deflate(deflate);
        ByteBuf plain = frame.plain();
        ByteBuf deflated = frame.deflated();

        frame.deflate(deflate);

        assertThat(frame.deflated()).isSameAs(deflated);
        frame.release();
        assertThat(plain.refCnt()).isZero();
        assertThat(deflated.refCnt()).isZero();
    }
}
