package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.history.Draft;
import io.roomwire.history.Page;
import io.roomwire.history.Receipt;
import io.roomwire.history.RoomLog;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A room and a log that begins new epochs when the test says so. */
class NewEpochTest {
    private static final Config CONFIG = Config.of(Settings.load(null, Map.of(), Map.of("rooms.linger", "1m")));

    private static final Head OLD = new Head(3, "old", 0, List.of());
    private static final Head NEW = new Head(5, "new", 3, List.of(new PastEpoch("old", 3, false)));

    private final OneLoop one = new OneLoop();
    private final TurningLog log = new TurningLog();
    private final OneLoop.Peers peers = new OneLoop.Peers();
    private final Rooms rooms = one.rooms(CONFIG, log, peers);

    /** Messages up to its head, which the test moves. */
    private static final class TurningLog implements RoomLog {
        volatile Head head = OLD;
        final AtomicInteger reads = new AtomicInteger();

        /** When reads are done. */
        volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

        @Override
        public CompletionStage<Head> open(RoomId room) {
            return CompletableFuture.completedFuture(head);
        }

        @Override
        public void close(RoomId room) {
            // nobody is counted
        }

        @Override
        public CompletionStage<Receipt> append(Draft draft) {
            head = head.at(head.seq() + 1);
            return CompletableFuture.completedFuture(new Receipt(head.seq(), false, false, head.epoch()));
        }

        @Override
        public CompletionStage<Page> read(RoomId room, Range range) {
            reads.incrementAndGet();
            Head now = head;
            return gate.thenApply(open -> page(now, range));
        }

        private static Page page(Head now, Range range) {
            List<Message> messages = new ArrayList<>();
            for (long seq = range.after() + 1; seq <= now.seq() && messages.size() < range.limit(); seq++) {
                messages.add(message(seq, seq > now.began() ? now.epoch() : "old"));
            }
            return new Page(messages, 1, now);
        }

        @Override
        public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> asked) {
            return CompletableFuture.completedFuture(Map.of(OneLoop.ROOM, head));
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** A member and what it got so far. */
    private final class Guest {
        final OneLoop.Socket socket = new OneLoop.Socket();

        /** Comes back with that. */
        Guest(String epoch, long after) throws Exception {
            this(epoch, after, true);
        }

        Guest(String epoch, long after, boolean readsPast) throws Exception {
            Membership member = one.call(() -> one.member(socket));
            Request.Join join = new Request.Join("j", OneLoop.ROOM, null, after, epoch, false);
            inRoom(room -> room.join(new JoinCall(member, null, join, readsPast, () -> {}, why -> {
                throw new AssertionError(why);
            })));
        }

        String got() throws Exception {
            return one.call(socket::text);
        }

        void awaits(String... texts) {
            await().untilAsserted(() -> assertThat(got()).contains(texts));
        }
    }

    private static Message message(long seq, String epoch) {
        byte[] content = ("\"" + seq + " of " + epoch + "\"").getBytes(StandardCharsets.UTF_8);
        return new Message(seq, 0, new UserId("sender"), null, content);
    }

    @AfterEach
    void close() {
        one.close();
    }

    private void inRoom(Consumer<Room> action) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        rooms.with(
                OneLoop.ROOM,
                room -> {
                    action.accept(room);
                    done.complete(null);
                },
                done::completeExceptionally);
        done.get(30, TimeUnit.SECONDS);
    }

    private Head roomHead() throws Exception {
        CompletableFuture<Head> head = new CompletableFuture<>();
        inRoom(room -> head.complete(room.head()));
        return head.get(30, TimeUnit.SECONDS);
    }

    private String publish() throws Exception {
        CompletableFuture<String> epoch = new CompletableFuture<>();
        inRoom(room -> room.publish(message(0, "sent"), 0, new Room.Answer() {
            @Override
            public void stored(long seq, String otherEpoch) {
                epoch.complete(otherEpoch);
            }

            @Override
            public void refused(Throwable error) {
                epoch.completeExceptionally(error);
            }
        }));
        return epoch.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatIsStoredInAnotherEpochIsRelayedAndAckedUnderThatAndNotShownAsTheRoomsOwn() throws Exception {
        Guest guest = new Guest("old", 3);
        guest.awaits("joined");
        assertThat(publish()).as("as the room's own").isEmpty();
        log.head = new Head(3, "new", 3, NEW.before());

        assertThat(publish()).isEqualTo("new");

        assertThat(peers.told).extracting(Head::epoch).containsExactly("old", "new");
        guest.awaits(CloseCode.LOG_BEGAN_ANEW.reason());
        assertThat(guest.got()).contains("\"seq\":4}").containsOnlyOnce("0 of sent");
    }

    @Test
    void whatAPeerSaysOfAnotherEpochIsNotShownAsTheRoomsOwn() throws Exception {
        Guest guest = new Guest("old", 3);
        guest.awaits("joined");

        rooms.onFrame(
                OneLoop.ROOM,
                new Head(4, "of a node that is cut off"),
                one.writer.message(OneLoop.ROOM, message(4, "cut"), 0));
        rooms.onFrame(OneLoop.ROOM, new Head(4, "old"), one.writer.message(OneLoop.ROOM, message(4, "old"), 0));

        guest.awaits("4 of old");
        assertThat(guest.got()).doesNotContain("cut");
        assertThat(roomHead()).isEqualTo(OLD.at(4));
    }

    @Test
    void whoComesFromAPastEpochGoesOnBehindItsOwnSeqOrWhereThatEpochEnded() throws Exception {
        log.head = NEW;
        new Guest("old", 2)
                .awaits(
                        "\"recovered\":false,\"resumed_after\":2,\"uncertain_after\":3",
                        "3 of old",
                        "4 of new",
                        "5 of new");
        Guest sawMore = new Guest("old", 4);
        sawMore.awaits("\"resumed_after\":3,\"uncertain_after\":3", "4 of new", "5 of new");
        assertThat(sawMore.got()).doesNotContain("3 of old");
    }

    @Test
    void whoMayNotReadThePastGetsAGapWhicheverEpochItNames() throws Exception {
        log.head = NEW;
        for (String epoch : List.of("old", "unheard of")) {
            Guest guest = new Guest(epoch, 4, false);
            guest.awaits("\"resumed_after\":3", "\"type\":\"gap\",\"room_id\":\"room\",\"from\":4,\"to\":5}");
            assertThat(guest.got()).doesNotContain("broadcast");
        }
    }

    /** Another node of the cluster noticed first, and its client came here. */
    @Test
    void whoKnowsMoreThanTheRoomHasItLookIntoTheLog() throws Exception {
        Guest here = new Guest("old", 3);
        here.awaits("joined");
        log.head = NEW;

        Guest knows = new Guest("new", 4);

        knows.awaits("\"epoch\":\"new\",\"recovered\":true", "5 of new");
        here.awaits(CloseCode.LOG_BEGAN_ANEW.reason());
        assertThat(roomHead()).isEqualTo(NEW);
    }

    /** What came while the log was read is in no page: it is read as well, though nothing else is said. */
    @Test
    void theMessageThatToldOfTheNewEpochIsNotLeftOut() throws Exception {
        log.head = NEW;
        inRoom(room -> {});
        Head later = new Head(5, "later", 5, List.of(new PastEpoch("old", 3, false), new PastEpoch("new", 5, false)));
        log.head = later.at(6);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        log.gate = gate;
        rooms.onFrame(OneLoop.ROOM, later.at(6), one.writer.message(OneLoop.ROOM, message(6, "later"), 0));
        rooms.onFrame(OneLoop.ROOM, later.at(8), one.writer.message(OneLoop.ROOM, message(8, "later"), 0));
        await().until(() -> log.reads.get() == 1);
        log.head = later.at(8);
        log.gate = CompletableFuture.completedFuture(null);
        one.run(() -> gate.complete(null)); // the answer is from before the last one that was heard of

        await().untilAsserted(() -> assertThat(roomHead().seq()).isEqualTo(8));
    }

    @Test
    void anAnswerThatIsOlderThanTheRoomsEpochIsAskedForAgain() throws Exception {
        log.head = NEW;
        Guest guest = new Guest("new", 5);
        guest.awaits("joined");

        inRoom(room -> room.compare(OLD));
        await().until(() -> log.reads.get() > 0);

        assertThat(roomHead()).isEqualTo(NEW);
        assertThat(guest.got()).doesNotContain(CloseCode.LOG_BEGAN_ANEW.reason());
    }

    @Test
    void ofManyThatComeWithAnUnknownEpochTheLogIsAskedTwice() throws Exception {
        log.gate = new CompletableFuture<>();
        List<Guest> guests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            guests.add(new Guest("unheard of", 77));
        }

        log.gate.complete(null);

        for (Guest guest : guests) {
            guest.awaits("\"resumed_after\":0,\"uncertain_after\":0", "1 of old", "2 of old", "3 of old");
        }
        assertThat(log.reads.get()).as("with the one for what they missed").isLessThanOrEqualTo(4);
    }
}
