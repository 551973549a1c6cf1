package io.roomwire.history;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/**
 * Which messages lose their content: those of a room, of a sender, or of a sender in a room.
 *
 * @param room null: all rooms
 * @param sender null: all senders
 */
public record Erasing(@Nullable RoomId room, @Nullable UserId sender) {}
