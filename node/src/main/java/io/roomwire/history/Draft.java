package io.roomwire.history;

import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;

/** A message that has no place in the log yet: its seq is 0. */
public record Draft(RoomId room, Message message) {}
