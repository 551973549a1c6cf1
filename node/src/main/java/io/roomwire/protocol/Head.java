package io.roomwire.protocol;

/**
 * Where a room's log stands.
 *
 * @param seq the newest seq, 0 for none
 * @param epoch which life of the log this is: a seq is never given twice in one epoch
 */
public record Head(long seq, String epoch) {
    /** Of what has no log. */
    public static final Head NONE = new Head(0, "");
}
