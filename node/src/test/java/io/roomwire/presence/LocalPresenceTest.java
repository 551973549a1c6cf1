package io.roomwire.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is its own, beside the contract: it tells at once, and holds nothing for rooms that are empty. */
class LocalPresenceTest {
    private static final RoomId ROOM = new RoomId("room");
    private static final UserId ALICE = new UserId("alice");

    private final LocalPresence presence = new LocalPresence();
    private final List<String> told = new ArrayList<>();

    private void watch() {
        presence.start(new Presence.Watcher() {
            @Override
            public void onJoined(RoomId room, UserId user) {
                told.add(room + " +" + user);
            }

            @Override
            public void onLeft(RoomId room, UserId user) {
                told.add(room + " -" + user);
            }
        });
    }

    private Roster roster() {
        return presence.roster(ROOM, 10).toCompletableFuture().getNow(null);
    }

    @Test
    void theWatcherIsToldWithinTheCall() {
        watch();

        presence.joined(ROOM, ALICE);
        assertThat(told).containsExactly("room +alice");
        presence.joined(ROOM, ALICE);
        presence.left(ROOM, ALICE);
        assertThat(told).hasSize(1);
        presence.left(ROOM, ALICE);
        assertThat(told).containsExactly("room +alice", "room -alice");
    }

    @Test
    void whoWasNotThereDoesNotLeave() {
        watch();

        presence.left(ROOM, ALICE);

        assertThat(told).isEmpty();
        assertThat(roster().count()).isZero();
    }

    @Test
    void whoWasNotInARoomOfOthersDoesNotLeaveIt() {
        watch();
        presence.joined(ROOM, new UserId("bob"));

        presence.left(ROOM, ALICE);

        assertThat(told).containsExactly("room +bob");
        assertThat(roster().members()).containsOnlyKeys(new UserId("bob"));
    }

    @Test
    void theRosterIsACopyOfTheMoment() {
        presence.joined(ROOM, ALICE);
        Roster before = roster();

        presence.joined(ROOM, ALICE);

        assertThat(before.members()).containsEntry(ALICE, 1);
        assertThat(roster().members()).containsEntry(ALICE, 2);
    }

    @Test
    void aClosedPresenceKnowsNobody() {
        presence.joined(ROOM, ALICE);

        presence.close();

        assertThat(roster()).isEqualTo(new Roster(0, java.util.Map.of()));
    }
}
