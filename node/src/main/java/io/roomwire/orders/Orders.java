package io.roomwire.orders;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.concurrent.CompletionStage;

/**
 * Carries orders to all nodes, this one too, and keeps revocations for nodes and users that come later.
 *
 * <p>Any thread may call; no call blocks.
 */
public interface Orders extends AutoCloseable {
    /** Called once, before anything else; done when what was revoked before is known here. Fails if that cannot be had now. */
    CompletionStage<Void> start(Receiver receiver);

    /**
     * Gives an order. The same order again does no harm.
     *
     * @return done when the order cannot be lost any more: every node that is in touch carries it out within a second, any
     *     other when it is again. Fails with {@link io.roomwire.protocol.RequestException}: {@code unavailable}, or
     *     {@code limit_exceeded} when too much is revoked already
     */
    CompletionStage<Void> give(Order order);

    /** Whether there can be other nodes that hear of an order. */
    boolean reachAllNodes();

    @Override
    void close();

    /** Who carries orders out. Called on any thread, which must not be held up. */
    interface Receiver {
        void disconnect(UserId user);

        void remove(UserId user, RoomId room);

        /** Tokens of the user were revoked; {@link io.roomwire.auth.Revocations} says which. */
        void revoked(UserId user);
    }
}
