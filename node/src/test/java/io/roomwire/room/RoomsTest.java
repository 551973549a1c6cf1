package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoomsTest {
    private final OneLoop one = new OneLoop();
    private final OneLoop.Peers peers = new OneLoop.Peers();
    private final Config config = Config.of(Settings.load(null, Map.of(), Map.of("rooms.linger", "0s")));
    private final SlowLog log = new SlowLog(config);
    private final Rooms rooms = one.rooms(config, log, peers);
    private final List<String> done = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        one.close();
    }

    private void call(String what) {
        rooms.with(OneLoop.ROOM, room -> done.add(what), error -> done.add(error.toString()));
    }

    private void publish() {
        Message message = new Message(0, 0, new UserId("alice"), null, "1".getBytes(StandardCharsets.UTF_8));
        Room.Answer answer = new Room.Answer() {
            @Override
            public void stored(long seq, String otherEpoch) {
                done.add("stored");
            }

            @Override
            public void refused(Throwable error) {
                done.add(error.toString());
            }
        };
        rooms.with(OneLoop.ROOM, room -> room.publish(message, 0, answer), error -> done.add(error.toString()));
    }

    /** Whoever is told that he has joined may be written to at once, by whatever thread. */
    @Test
    void whatCameFirstIsFirstWhicheverThreadItCameFrom() throws Exception {
        one.run(() -> {
            Thread other = new Thread(() -> call("entered"));
            other.start();
            other.join();
            call("spoken");
        });
        await().untilAsserted(() -> assertThat(done).containsExactly("entered", "spoken"));
    }

    @Test
    void whatWaitsForRoomsToBeOpenIsBoundedInBytes() {
        log.opening = new CompletableFuture<>();
        int megabyte = 1 << 20;
        for (int i = 0; i < 20; i++) {
            rooms.with(OneLoop.ROOM, megabyte, room -> done.add("open"), error -> done.add("refused"));
        }
        call("without content");
        rooms.with(new RoomId("another"), megabyte, room -> done.add("open"), error -> done.add("refused"));
        await().untilAsserted(() -> assertThat(done).hasSize(5).containsOnly("refused"));
        assertThat(rooms.count()).as("what was refused leaves no room behind").isEqualTo(1);

        log.opening.complete(null);

        await().untilAsserted(() -> assertThat(done).hasSize(22).endsWith("without content"));
        rooms.with(OneLoop.ROOM, megabyte, room -> done.add("again"), error -> done.add("refused"));
        await().untilAsserted(() -> assertThat(done).endsWith("again"));
    }

    /** A peer that knows another life of the log must not take the seq for one of its own. */
    @Test
    void peersAreToldTheEpochOfASeq() throws Exception {
        publish();
        await().untilAsserted(() -> assertThat(done).containsExactly("stored"));
        Head head = log.heads(List.of(OneLoop.ROOM))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .get(OneLoop.ROOM);
        assertThat(peers.told).containsExactly(new Head(1, head.epoch()));
        assertThat(head.epoch()).isNotEmpty();
    }

    /** A message by the server API, into a room without members here. */
    @Test
    void whatIsStoredAfterTheRoomClosedHereGoesToPeers() {
        log.appending = new CompletableFuture<>();
        publish();
        await().until(() -> log.appended.get() == 1 && rooms.count() == 0);
        assertThat(peers.told).isEmpty();

        log.appending.complete(null);

        await().untilAsserted(() -> assertThat(done).containsExactly("stored"));
        assertThat(peers.told).hasSize(1);
    }
}
