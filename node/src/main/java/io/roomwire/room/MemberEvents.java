package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.protocol.UserId;
import io.roomwire.protocol.UserInRoom;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells the watchers of a room who comes and who goes: of one user some times at once, then once a second and as it is by
 * then. Else somebody who joins and leaves as fast as he may sends as many frames as there are watchers each time.
 *
 * <p>Belongs to a loop, and has the rooms whose owner that is.
 */
final class MemberEvents {
    /** Of one user in one room, after a silence: a page that is reloaded is two. */
    static final int AT_ONCE = 4;

    private static final long EVERY_MS = 1000;

    private final Loop loop;

    /** Those of whom something was told within the last seconds. */
    private final Map<UserInRoom, Told> recent = new HashMap<>();

    MemberEvents(Loop loop) {
        this.loop = loop;
    }

    void changed(Room room, UserId user, boolean joined) {
        assert loop.inLoop();
        if (!room.members().isWatched()) {
            return;
        }
        UserInRoom whom = new UserInRoom(room.id(), user);
        Told told = recent.get(whom);
        if (told == null) {
            told = new Told();
            recent.put(whom, told);
            later(room, whom, told);
        }
        if (told.changed(joined)) {
            tell(room, user, joined);
        }
    }

    private static void tell(Room room, UserId user, boolean joined) {
        room.members().deliver(room.rooms().writer.member(room.id(), user, joined), user);
    }

    private void later(Room room, UserInRoom whom, Told told) {
        loop.after(EVERY_MS, () -> {
            if (told.aWhileLater()) {
                tell(room, whom.user(), told.isHere);
            }
            if (told.isOver()) {
                recent.remove(whom);
            } else {
                later(room, whom, told);
            }
        });
    }

    /** What was told of one user, and what is so. */
    static final class Told {
        private int left = AT_ONCE;
        private boolean wasHere;
        private boolean isHere;

        /** Whether it is to be told now. */
        boolean changed(boolean joined) {
            isHere = joined;
            if (left == 0) {
                return false;
            }
            left--;
            wasHere = joined;
            return true;
        }

        /** Once more may be told; whether what is so has to be. */
        boolean aWhileLater() {
            if (isHere != wasHere) {
                wasHere = isHere;
                return true;
            }
            left++;
            return false;
        }

        /** Whether it is as if nothing had been told. */
        boolean isOver() {
            return left == AT_ONCE;
        }
    }
}
