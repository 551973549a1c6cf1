package io.roomwire.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the relay adds to a message, once a node: the header before it, and the frame made of it at a peer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RelayBench {
    private static final int PAYLOAD_BYTES = 240;

    private final RelayHeader header = new RelayHeader("node-1");
    private final RelayCodec peer =
            new RelayCodec(new RelayHeader("node-2"), new FrameWriter(PooledByteBufAllocator.DEFAULT));
    private final ByteBuf payload =
            PooledByteBufAllocator.DEFAULT.directBuffer().writeZero(PAYLOAD_BYTES);
    private final ByteBuffer relayed = ByteBuffer.wrap(header.before(Kind.MESSAGE, 123_456, "", payload));

    @Benchmark
    public byte[] writeHeader() {
        return header.before(Kind.MESSAGE, 123_456, "", payload);
    }

    @Benchmark
    public long readAtPeer() {
        Relayed read = peer.decodeValue(relayed.rewind());
        Objects.requireNonNull(read.frame()).release();
        return read.place().seq();
    }
}
