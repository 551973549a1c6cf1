package io.roomwire.session;

import io.roomwire.auth.UserLimits;
import io.roomwire.config.Config.Limits;
import io.roomwire.protocol.UserId;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one user on this node share, since tokens can limit a user. Any thread may call.
 *
 * <p>Holds an entry for each user that is connected now, so it is bounded by the limit of connections.
 */
final class Users {
    private final ConcurrentHashMap<UserId, Share> present = new ConcurrentHashMap<>();

    /** One more connection of the user, who has to {@link #leave} once; null if it would be one too many. */
    @Nullable
    Share enter(UserId user, UserLimits limits) {
        boolean[] entered = new boolean[1];
        Share share = present.compute(user, (key, known) -> {
            Share mine = known == null ? new Share() : known;
            if (!Limits.reached(limits.connections(), mine.connections)) {
                mine.connections++;
                entered[0] = true;
            }
            return mine;
        });
        return entered[0] ? share : null;
    }

    void leave(UserId user) {
        present.computeIfPresent(user, (key, share) -> --share.connections == 0 ? null : share);
    }

    /** Of one user. Any thread may call. */
    static final class Share {
        /** Guarded by the map's lock of the entry. */
        private int connections;

        private int perSecond;

        /** Guarded by this object's lock, which is held for an addition: the user's connections may be on several loops. */
        private TokenBucket rate = new TokenBucket(0, 0, 0);

        /** What the newest token says; 0 for no limit. */
        synchronized void limit(int messagesPerSecond, long nowNs) {
            if (messagesPerSecond != perSecond) {
                perSecond = messagesPerSecond;
                // As with the node's own limit: what two seconds allow may come at once after a silence.
                int burst = (int) Math.min(Integer.MAX_VALUE, 2L * perSecond);
                rate = new TokenBucket(perSecond, burst, nowNs);
            }
        }

        /** As {@link TokenBucket#take}. */
        synchronized long take(long nowNs) {
            return rate.take(nowNs);
        }
    }
}
