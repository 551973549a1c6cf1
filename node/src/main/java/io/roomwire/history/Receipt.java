package io.roomwire.history;

/**
 * What a log answers when a message is stored.
 *
 * @param seq its place in the room's log
 * @param duplicate this sender's message of this id was stored before, at that place; nothing was stored now
 * @param relayed the log has sent it to the peers itself, with the same step that stored it
 * @param epoch the epoch in which {@code seq} names this message; never empty
 */
public record Receipt(long seq, boolean duplicate, boolean relayed, String epoch) {}
