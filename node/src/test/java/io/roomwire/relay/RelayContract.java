package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What every relay promises; each test has a room of its own. */
abstract class RelayContract {
    private static final AtomicLong ROOMS = new AtomicLong(System.nanoTime());

    static final FrameWriter WRITER = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);

    final RoomId room = new RoomId("room-" + ROOMS.incrementAndGet());
    final Received received = new Received();

    /** Writes down what came, such as {@code room 7 payload}. */
    static final class Received implements Relay.Receiver {
        final List<Head> places = new CopyOnWriteArrayList<>();
        final List<String> frames = new CopyOnWriteArrayList<>();
        final AtomicInteger interruptions = new AtomicInteger();

        @Override
        public void onFrame(RoomId of, Head place, Frame frame) {
            ByteBuf payload = frame.payload();
            places.add(place);
            frames.add(of + " " + place.seq() + " " + payload.toString(StandardCharsets.UTF_8));
            payload.release();
            frame.release();
        }

        @Override
        public void onInterrupted() {
            interruptions.incrementAndGet();
        }
    }

    /** A relay that was started with {@link #received}. */
    abstract Relay relay();

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    @Test
    void aNodeDoesNotGetItsOwnMessages() {
        get(relay().subscribe(room));

        ByteBuf payload = bytes("mine");
        relay().publish(room, new Head(1, ""), payload);

        RoomId marker = new RoomId(room + "-marker"); // what is subscribed after is confirmed after what came before
        get(relay().subscribe(marker));
        assertThat(received.frames).isEmpty();
        assertThat(payload.refCnt()).isZero();
    }

    @Test
    void aRoomCanBeSubscribedAgain() {
        get(relay().subscribe(room));
        relay().unsubscribe(room);
        get(relay().subscribe(room));
        relay().unsubscribe(room);
        relay().unsubscribe(room);

        get(relay().subscribe(room));
    }
}
