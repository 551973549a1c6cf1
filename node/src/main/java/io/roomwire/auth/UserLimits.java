package io.roomwire.auth;

/**
 * What a token allows its user on one node, beside the limits of the node; 0 is no limit.
 *
 * @param connections at a time
 * @param messagesPerSecond requests over all of its connections
 */
public record UserLimits(int connections, int messagesPerSecond) {
    public static final UserLimits NONE = new UserLimits(0, 0);
}
