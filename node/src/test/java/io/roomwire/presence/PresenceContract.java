package io.roomwire.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What every presence promises; each test has a room of its own. */
abstract class PresenceContract {
    private static final AtomicLong ROOMS = new AtomicLong(System.nanoTime());
    static final UserId ALICE = new UserId("alice");
    static final UserId BOB = new UserId("bob");

    final RoomId room = new RoomId("room-" + ROOMS.incrementAndGet());
    final Events events = new Events();

    /** Writes down what it is told of one room, such as {@code +alice}. */
    static final class Events implements Presence.Watcher {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @Override
        public void onJoined(RoomId room, UserId user) {
            seen.add("+" + user);
        }

        @Override
        public void onLeft(RoomId room, UserId user) {
            seen.add("-" + user);
        }
    }

    /** A presence whose watcher is {@link #events}. */
    abstract Presence presence();

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    void awaitRoster(Presence of, int count) {
        await().ignoreExceptionsMatching(error -> error.getCause() instanceof PresenceUnavailableException)
                .untilAsserted(
                        () -> assertThat(get(of.roster(room, 10)).count()).isEqualTo(count));
    }

    @Test
    void aRoomWithoutMembersHasAnEmptyRoster() {
        assertThat(get(presence().roster(room, 10)).count()).isZero();
        assertThat(get(presence().roster(room, 10)).members()).isEmpty();
    }

    @Test
    void aUserComesWithTheFirstConnectionAndGoesWithTheLast() {
        presence().joined(room, ALICE);
        await().untilAsserted(() -> assertThat(events.seen).containsExactly("+alice"));
        presence().joined(room, ALICE);
        await().untilAsserted(() ->
                assertThat(get(presence().roster(room, 10)).members()).containsEntry(ALICE, 2));
        presence().left(room, ALICE);
        await().untilAsserted(() ->
                assertThat(get(presence().roster(room, 10)).members()).containsEntry(ALICE, 1));
        assertThat(events.seen).containsExactly("+alice");

        presence().left(room, ALICE);

        await().untilAsserted(() -> assertThat(events.seen).containsExactly("+alice", "-alice"));
        awaitRoster(presence(), 0);
    }

    @Test
    void theCountIsOfAllAndTheListIsCut() {
        for (int i = 0; i < 1200; i++) {
            presence().joined(room, new UserId("user-" + i));
        }
        awaitRoster(presence(), 1200);

        assertThat(get(presence().roster(room, 7)).members()).hasSize(7);
        assertThat(get(presence().roster(room, 5000)).members()).hasSize(1200);
    }

    @Test
    void usersAreCountedByRoom() {
        RoomId other = new RoomId(room + "-other");
        presence().joined(room, ALICE);
        presence().joined(other, BOB);

        awaitRoster(presence(), 1);
        await().untilAsserted(() ->
                assertThat(get(presence().roster(other, 10)).members()).containsOnlyKeys(BOB));
    }

    @Test
    void whoComesAgainIsAnnouncedAgain() {
        presence().joined(room, ALICE);
        await().until(() -> events.seen.size() == 1);
        presence().left(room, ALICE);
        await().until(() -> events.seen.size() == 2);

        presence().joined(room, ALICE);

        await().untilAsserted(() -> assertThat(events.seen).containsExactly("+alice", "-alice", "+alice"));
    }
}
