package io.roomwire.auth;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a token says.
 *
 * @param directTo users to whom {@code direct} may be sent; null: everybody
 */
record TokenGrant(
        UserId user,
        List<Rule> rules,
        @Nullable List<RoomPattern> directTo,
        long issuedAtS,
        long expiresAtMs,
        long endsAtMs,
        UserLimits limits)
        implements Grant {
    /** These rights in the rooms that match. */
    record Rule(RoomPattern pattern, Set<Right> rights) {}

    @Override
    public boolean allowsDirect(UserId to) {
        return directTo == null || directTo.stream().anyMatch(pattern -> pattern.matches(to.text()));
    }

    @Override
    public boolean allows(RoomId room, Right right) {
        for (Rule rule : rules) {
            if (rule.rights().contains(right) && rule.pattern().matches(room.text())) {
                return true;
            }
        }
        return false;
    }
}
