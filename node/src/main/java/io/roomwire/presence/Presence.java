package io.roomwire.presence;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.concurrent.CompletionStage;

/**
 * Who is in which room, counted by user over all connections.
 *
 * <p>Any thread may call; no call blocks.
 */
public interface Presence extends AutoCloseable {
    /** Called once, before anything else. */
    void start(Watcher watcher);

    /** One connection of the user came into the room; one call a connection. */
    void joined(RoomId room, UserId user);

    /** One connection of the user left the room. */
    void left(RoomId room, UserId user);

    /**
     * Who is there, at most {@code limit} users listed; the count is of all and is had without reading all. Fails with
     * {@link PresenceUnavailableException} if that cannot be told now.
     */
    CompletionStage<Roster> roster(RoomId room, int limit);

    @Override
    void close();

    /** Who is told of users, not of connections. Called on any thread; may be called from within joined and left. */
    interface Watcher {
        /** The user's first connection came into the room. */
        void onJoined(RoomId room, UserId user);

        /** The user's last connection left the room. */
        void onLeft(RoomId room, UserId user);
    }
}
