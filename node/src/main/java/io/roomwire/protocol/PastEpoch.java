package io.roomwire.protocol;

/**
 * An epoch of a room's log that is over, while the log went on.
 *
 * @param epoch its name
 * @param end the seq with which it ended: what stands behind it in the log is of later epochs
 * @param whole nothing that was acked in it is missing, for sure; false where the log cannot know
 */
public record PastEpoch(String epoch, long end, boolean whole) {}
