package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.history.MemoryLog;
import io.roomwire.presence.LocalPresence;
import io.roomwire.relay.LocalRelay;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoomsTest {
    private final OneLoop one = new OneLoop();
    private final Config config = Config.of(Settings.load(null, Map.of(), Map.of()));
    private final Rooms rooms = new Rooms(
            config,
            List.of(one.loop),
            new MemoryLog(config.memoryLog(), () -> 0),
            new LocalRelay(),
            new LocalPresence(),
            one.writer,
            one.metrics);
    private final List<String> done = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        one.close();
    }

    private void call(String what) {
        rooms.with(OneLoop.ROOM, room -> done.add(what), error -> done.add(error.toString()));
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
}
