package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.history.Draft;
import io.roomwire.history.MemoryLog;
import io.roomwire.presence.LocalPresence;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.UserId;
import io.roomwire.relay.LocalRelay;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A room in which nothing was said yet: it has no order, and must not miss by it what comes from others. */
class SilentRoomTest {
    private static final Config CONFIG = Config.of(Settings.load(null, Map.of(), Map.of("rooms.linger", "20ms")));

    private final OneLoop one = new OneLoop();
    private final OneLoop another = new OneLoop(1);
    private final MemoryLog log = new MemoryLog(CONFIG.memoryLog(), () -> 0);
    private final Rooms rooms = new Rooms(
            CONFIG,
            List.of(one.loop, another.loop),
            log,
            new LocalRelay(),
            new LocalPresence(),
            one.writer,
            one.metrics);

    /** A member and what it got so far. */
    private final class Guest {
        final OneLoop on;
        final OneLoop.Socket socket = new OneLoop.Socket();
        final Membership member;

        Guest(OneLoop on) throws Exception {
            this.on = on;
            member = on.call(() -> on.member(socket));
            inRoom(room -> room.join(new JoinCall(member, null, null, false, () -> {}, why -> {})));
        }

        void awaits(String text) {
            await().untilAsserted(() -> assertThat(got()).contains(text));
        }

        String got() throws Exception {
            return on.call(socket::text);
        }
    }

    @AfterEach
    void close() {
        one.close();
        another.close();
    }

    private Room inRoom(Consumer<Room> action) throws Exception {
        CompletableFuture<Room> done = new CompletableFuture<>();
        rooms.with(
                OneLoop.ROOM,
                room -> {
                    action.accept(room);
                    done.complete(room);
                },
                done::completeExceptionally);
        return done.get(30, TimeUnit.SECONDS);
    }

    /** As another node does, of which no frame comes. */
    private Head append(String content) throws Exception {
        byte[] json = ('"' + content + '"').getBytes(StandardCharsets.UTF_8);
        log.append(new Draft(OneLoop.ROOM, new Message(0, 0, new UserId("peer"), null, json)));
        return log.heads(List.of(OneLoop.ROOM))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .get(OneLoop.ROOM);
    }

    @Test
    void theFirstMessageOfAPeerPasses() throws Exception {
        Guest guest = new Guest(one);
        Head head = append("first");
        rooms.onFrame(OneLoop.ROOM, head, one.frame("first"));

        guest.awaits("first");
        inRoom(room -> assertThat(room.head()).isEqualTo(head));
    }

    @Test
    void whatWasLostOnItsWayIsFoundByComparing() throws Exception {
        Guest guest = new Guest(one);
        inRoom(room -> room.compare(new Head(0, room.head().epoch())));
        Head head = append("lost");
        inRoom(room -> room.compare(head));

        guest.awaits("lost");
    }

    @Test
    void aLogThatBeganAnewSendsTheMembersAway() throws Exception {
        Guest guest = new Guest(one);
        inRoom(room -> room.compare(new Head(0, "another")));

        guest.awaits(CloseCode.LOG_BEGAN_ANEW.reason());
    }

    /** Else what is late would be held back by nobody's room for ever. */
    @Test
    void onceClosedItGetsNoOrderAnyMore() throws Exception {
        Room room = inRoom(open -> assertThat(open.head()).isNotNull());
        await().until(() -> rooms.count() == 0);
        Head head = append("late");

        CompletableFuture<Boolean> hasOrder = new CompletableFuture<>();
        room.owner().execute(() -> {
            room.compare(head);
            hasOrder.complete(room.order() != null);
        });

        assertThat(hasOrder.get(30, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void membersAreFoundOnWhicheverLoopTheyAre() throws Exception {
        Guest here = new Guest(one);
        Guest there = new Guest(another);
        Guest thereToo = new Guest(another);
        rooms.onFrame(OneLoop.ROOM, append("one"), one.frame("one"));
        here.awaits("one");
        there.awaits("one");
        thereToo.awaits("one");

        inRoom(room -> room.leave(there.member, null));
        rooms.onFrame(OneLoop.ROOM, append("two"), one.frame("two"));
        here.awaits("two");
        thereToo.awaits("two");
        assertThat(there.got()).doesNotContain("two");

        inRoom(room -> room.leave(here.member, null));
        rooms.onFrame(OneLoop.ROOM, append("three"), one.frame("three"));
        thereToo.awaits("three");
        assertThat(here.got()).doesNotContain("three");
    }
}
