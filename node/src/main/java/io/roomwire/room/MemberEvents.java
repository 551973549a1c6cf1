package io.roomwire.room;

import io.roomwire.connection.Loop;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.Comparator;
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
    private final Map<Whom, Told> recent = new HashMap<>();

    MemberEvents(Loop loop) {
        this.loop = loop;
    }

    void changed(Room room, UserId user, boolean joined) {
        assert loop.inLoop();
        if (!room.members().isWatched()) {
            return;
        }
        Whom whom = new Whom(room.id(), user);
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

    private void later(Room room, Whom whom, Told told) {
        loop.after(EVERY_MS, () -> {
            if (told.aWhileLater()) {
                tell(room, whom.user, told.isHere);
            }
            if (told.isOver()) {
                recent.remove(whom);
            } else {
                later(room, whom, told);
            }
        });
    }

    private record Whom(RoomId room, UserId user) implements Comparable<Whom> {
        private static final Comparator<Whom> ORDER =
                Comparator.comparing(Whom::user).thenComparing(Whom::room);

        @Override
        public int compareTo(Whom other) {
            return ORDER.compare(this, other); // as in UserId
        }
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
