package io.roomwire.relay;

import io.netty.buffer.ByteBuf;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.concurrent.CompletionStage;

/**
 * Carries encoded frames to the peer nodes. It may lose, repeat and reorder: the log shows every hole, by seq.
 *
 * <p>Any thread may call; no call blocks. It never delivers to its own node.
 */
public interface Relay extends AutoCloseable {
    /** Called once, before anything else. */
    void start(Receiver receiver);

    /**
     * Asks for the room's frames; the stage is done when every frame published from then on would come.
     *
     * <p>It fails with {@link RelayUnavailableException} when that cannot be had now. The wish stays until
     * {@link #unsubscribe}: it is fulfilled later, and {@link Receiver#onInterrupted} tells of that.
     */
    CompletionStage<Void> subscribe(RoomId room);

    /** No more of this room. Frames that are on their way may still come. */
    void unsubscribe(RoomId room);

    /**
     * Sends a message to all peers that subscribed to the room.
     *
     * @param place its seq and the epoch of that, or {@link Head#NONE} in an ephemeral room
     * @param payload the final bytes for clients without the head of a frame; owned by the relay from here on
     */
    void publish(RoomId room, Head place, ByteBuf payload);

    @Override
    void close();

    /** Who gets what peers published. Called on the relay's own threads, which must not be held up. */
    interface Receiver {
        /**
         * @param place as the peer gave it
         * @param frame owned by the receiver from here on
         */
        void onFrame(RoomId room, Head place, Frame frame);

        /** Frames may have been missed, in any room: compare heads. */
        void onInterrupted();
    }
}
