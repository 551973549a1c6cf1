package io.roomwire.presence;

import io.roomwire.protocol.UserId;
import java.util.Map;

/**
 * Who is in a room.
 *
 * @param count all users
 * @param members those that are listed, each with the number of its connections
 */
public record Roster(int count, Map<UserId, Integer> members) {
    /** The most users that anybody is told by name; a page has no use for more, and the count is of all. */
    public static final int MOST = 1000;
}
