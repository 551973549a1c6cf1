package io.roomwire.relay;

import io.netty.buffer.ByteBuf;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The relay of one node alone: there are no peers. */
public final class LocalRelay implements Relay {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

    @Override
    public void start(Receiver receiver) {
        // nothing will ever come
    }

    @Override
    public CompletionStage<Void> subscribe(RoomId room) {
        return DONE;
    }

    @Override
    public void unsubscribe(RoomId room) {
        // there was no subscription
    }

    @Override
    public void publish(RoomId room, Head place, ByteBuf payload) {
        payload.release();
    }

    @Override
    public void close() {
        // holds nothing
    }
}
