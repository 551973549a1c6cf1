package io.roomwire.history;

/**
 * A message is stored.
 *
 * @param seq its place in the room's log
 * @param duplicate this sender's message of this id was stored before, at that place; nothing was stored now
 */
public record Receipt(long seq, boolean duplicate) {}
