package io.roomwire.protocol;

import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a message costs once: read from its sender, written for its members. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBench {
    private static final String CONTENT = '"' + "x".repeat(126) + '"';

    private final byte[] broadcast = ("{\"type\":\"broadcast\",\"room_id\":\"lobby\",\"content\":" + CONTENT
                    + ",\"id\":\"m-1\"}")
            .getBytes(StandardCharsets.UTF_8);
    private final RequestReader reader = new RequestReader();
    private final FrameWriter writer = new FrameWriter(PooledByteBufAllocator.DEFAULT);
    private final RoomId room = new RoomId("lobby");
    private final Message message = new Message(
            123_456, 1_767_225_600_000L, new UserId("alice123"), "m-1", CONTENT.getBytes(StandardCharsets.UTF_8));

    @Benchmark
    public Request parseBroadcast() {
        return reader.read(broadcast, broadcast.length);
    }

    @Benchmark
    public int encodeBroadcast() {
        Frame frame = writer.message(room, message, 0);
        int bytes = frame.plain().readableBytes();
        frame.release();
        return bytes;
    }
}
