package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.roomwire.config.Config;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is the memory log's own, beside the contract of all logs: its bounds, its clock, its lives. */
class MemoryLogTest {
    private static final UserId ALICE = new UserId("alice");
    private static final RoomId ROOM = new RoomId("room");
    private static final RoomId OTHER = new RoomId("other");
    private static final long TTL_MS = 10_000;
    private static final long WINDOW_MS = 4_000;

    private long nowMs = 1_000_000;

    private MemoryShard shard(int messagesPerRoom, long bytesPerRoom, long bytes) {
        Config.MemoryLog config = new Config.MemoryLog(messagesPerRoom, bytesPerRoom, bytes, TTL_MS, WINDOW_MS);
        return new MemoryShard(config, bytes, () -> nowMs, "life");
    }

    private MemoryShard roomy() {
        return shard(1000, 1 << 20, 1 << 20);
    }

    private static Receipt append(MemoryShard shard, RoomId room, String id, int contentBytes) {
        return shard.append(new Draft(room, message(id, contentBytes)));
    }

    private static Message message(String id, int contentBytes) {
        return new Message(0, 0, ALICE, id, new byte[contentBytes]);
    }

    private static List<Long> seqs(Page page) {
        return page.messages().stream().map(Message::seq).toList();
    }

    private static List<Long> all(MemoryShard shard, RoomId room) {
        return seqs(shard.read(room, Range.behind(0, 100_000)));
    }

    @Test
    void aRoomKeepsItsNewestMessages() {
        MemoryShard shard = shard(3, 1 << 20, 1 << 20);
        for (int i = 0; i < 5; i++) {
            append(shard, ROOM, null, 10);
        }

        Page page = shard.read(ROOM, Range.behind(0, 10));

        assertThat(seqs(page)).containsExactly(3L, 4L, 5L);
        assertThat(page.oldest()).isEqualTo(3);
        assertThat(page.head().seq()).isEqualTo(5);
    }

    @Test
    void aRoomKeepsNoMoreBytesThanItMay() {
        MemoryShard shard = shard(1000, 10_000, 1 << 20);
        for (int i = 0; i < 30; i++) {
            append(shard, ROOM, null, 1000);
        }

        List<Long> kept = all(shard, ROOM);

        assertThat(kept.size()).as("1000 bytes each and what surrounds them").isBetween(7, 9);
        assertThat(kept).endsWith(30L);
    }

    @Test
    void theNewestMessageStaysHoweverLarge() {
        MemoryShard shard = shard(1000, 2000, 1 << 20);
        append(shard, ROOM, null, 10);
        append(shard, ROOM, null, 50_000);

        assertThat(all(shard, ROOM)).containsExactly(2L);
    }

    @Test
    void whenAllBytesAreTakenTheOldestOfWhateverRoomGoFirst() {
        MemoryShard shard = shard(1000, 1 << 20, 12_000);
        shard.open(ROOM);
        shard.open(OTHER);
        for (int i = 0; i < 3; i++) {
            append(shard, ROOM, null, 1000);
            append(shard, OTHER, null, 1000);
        }
        assertThat(all(shard, ROOM)).hasSize(3);

        for (int i = 0; i < 5; i++) {
            append(shard, OTHER, null, 1000);
        }

        assertThat(all(shard, ROOM)).as("the oldest is gone").containsExactly(2L, 3L);
        assertThat(all(shard, OTHER)).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(shard.open(ROOM).seq()).as("but the room goes on").isEqualTo(3);
    }

    @Test
    void bytesThatWereGivenUpCanBeUsedAgainForEver() {
        MemoryShard shard = shard(5, 4000, 20_000);
        for (int i = 0; i < 2_000; i++) {
            int seq = i;
            nowMs += WINDOW_MS / 4;
            assertThatCode(() -> append(shard, ROOM, "m-" + seq, seq % 1500)).doesNotThrowAnyException();
        }

        assertThat(all(shard, ROOM)).endsWith(2000L);
    }

    @Test
    void roomsThatCameAndWentLeaveNothing() {
        MemoryShard shard = shard(5, 4000, 20_000);
        for (int i = 0; i < 2_000; i++) {
            RoomId room = new RoomId("room-" + i);
            shard.open(room);
            append(shard, room, "m", 500);
            shard.close(room);
            nowMs += TTL_MS / 4;
        }

        assertThat(append(shard, ROOM, "m", 500).duplicate()).isFalse();
    }

    @Test
    void anIdIsKnownAsLongAsTheWindowAndNoLonger() {
        MemoryShard shard = roomy();
        shard.open(ROOM);
        append(shard, ROOM, null, 1);
        append(shard, ROOM, "m-1", 1);

        nowMs += WINDOW_MS - 1;
        assertThat(append(shard, ROOM, "m-1", 1))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(2L, true);
        nowMs += 1;
        assertThat(append(shard, ROOM, "m-1", 1))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(3L, false);
        assertThat(append(shard, ROOM, "m-1", 1))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(3L, true);
    }

    @Test
    void anIdOutlivesItsMessage() {
        MemoryShard shard = shard(1, 1 << 20, 1 << 20);
        append(shard, ROOM, "m-1", 1);
        append(shard, ROOM, "m-2", 1);

        assertThat(all(shard, ROOM)).containsExactly(2L);
        assertThat(append(shard, ROOM, "m-1", 1))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(1L, true);
    }

    @Test
    void anIdOutlivesItsRoomsLastMember() {
        MemoryShard shard = roomy();
        shard.open(ROOM);
        append(shard, ROOM, "m-1", 1);
        shard.close(ROOM);

        nowMs += WINDOW_MS - 1;
        shard.open(OTHER);

        assertThat(append(shard, ROOM, "m-1", 1).duplicate()).isTrue();
    }

    @Test
    void idsWithinTheWindowAreNotGivenUpForNewMessages() {
        MemoryShard shard = shard(1, 1 << 20, 10_000);
        int stored = 0;
        LogUnavailableException full = null;
        while (full == null && stored < 1000) {
            try {
                append(shard, ROOM, "m-" + stored, 10);
                stored++;
            } catch (LogUnavailableException e) {
                full = e;
            }
        }

        assertThat(full).hasMessageContaining("idempotency.window").hasMessageContaining("memory-log.bytes");
        for (int i = 0; i < stored; i++) {
            assertThat(append(shard, ROOM, "m-" + i, 10))
                    .extracting(Receipt::seq, Receipt::duplicate)
                    .containsExactly(i + 1L, true);
        }
        nowMs += WINDOW_MS;
        assertThat(append(shard, ROOM, "late", 10))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(stored + 1L, false);
    }

    /** Its members are there and silent: no append of its own would ever look at its ids again. */
    @Test
    void idsOfASilentRoomInUseAreGivenUpBehindTheWindow() {
        MemoryShard shard = shard(1, 1 << 20, 10_000);
        shard.open(ROOM);
        shard.open(OTHER);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        append(shard, ROOM, "m-" + i, 10);
                    }
                })
                .isInstanceOf(LogUnavailableException.class);

        nowMs += WINDOW_MS;

        for (int i = 0; i < 20; i++) {
            append(shard, OTHER, "m-" + i, 10);
        }
        assertThat(shard.head(OTHER).orElseThrow().seq()).isEqualTo(20);
    }

    @Test
    void anAppendThatDidNotFitIsNotThere() {
        MemoryShard shard = shard(1000, 1 << 20, 2000);
        shard.open(ROOM);
        long head = append(shard, ROOM, null, 10).seq();

        assertThatThrownBy(() -> append(shard, ROOM, "big", 5000)).isInstanceOf(RequestException.class);

        assertThat(append(shard, ROOM, "big", 10))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(head + 1, false);
    }

    @Test
    void aMessageThatCanNeverFitDropsNoOthers() {
        MemoryShard shard = shard(1000, 1 << 20, 2000);
        shard.open(ROOM);
        append(shard, ROOM, null, 10);

        RequestException refusal = catchThrowableOfType(RequestException.class, () -> append(shard, ROOM, "big", 5000));

        assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_LARGE);
        assertThat(refusal.message()).contains("memory-log.bytes", "2000");
        assertThat(all(shard, ROOM)).containsExactly(1L);
    }

    @Test
    void whoseLastMemberLeftIsForgottenAfterTheTtl() {
        MemoryShard shard = roomy();
        String epoch = shard.open(ROOM).epoch();
        append(shard, ROOM, null, 1);
        shard.close(ROOM);

        nowMs += TTL_MS - 1;
        assertThat(shard.open(ROOM)).isEqualTo(new Head(1, epoch, 0, List.of()));
        shard.close(ROOM);
        nowMs += TTL_MS;
        Head anew = shard.open(ROOM);

        assertThat(anew.seq()).isZero();
        assertThat(anew.epoch()).isNotEqualTo(epoch);
        assertThat(append(shard, ROOM, null, 1).seq()).isEqualTo(1);
    }

    @Test
    void aRoomInUseIsNeverForgotten() {
        MemoryShard shard = roomy();
        Head opened = shard.open(ROOM);
        shard.open(ROOM);
        shard.close(ROOM);

        nowMs += 100 * TTL_MS;
        shard.open(OTHER);
        shard.close(OTHER);

        assertThat(shard.head(ROOM)).contains(opened);
    }

    @Test
    void noTwoLivesOfARoomInWhichSomethingWasSaidShareAnEpoch() {
        MemoryShard shard = roomy();
        java.util.Set<String> epochs = new java.util.HashSet<>();
        for (int i = 0; i < 20; i++) {
            assertThat(epochs.add(shard.open(ROOM).epoch())).isTrue();
            append(shard, ROOM, null, 1);
            shard.close(ROOM);
            nowMs += TTL_MS;
        }
    }

    /** Else who joins and leaves ever new rooms would take the place of what others have said. */
    @Test
    void roomsInWhichNothingWasSaidLeaveNothingBehind() {
        MemoryShard shard = shard(1000, 1 << 20, 2000);
        append(shard, ROOM, "id", 100);
        for (int i = 0; i < 10_000; i++) {
            RoomId fresh = new RoomId("fresh-" + i);
            shard.open(fresh);
            shard.close(fresh);
            assertThat(shard.head(fresh)).isEmpty();
        }
        append(shard, ROOM, "another", 100);

        assertThat(all(shard, ROOM)).containsExactly(1L, 2L);
    }

    @Test
    void aRoomInWhichNothingWasSaidIsTheSameWhenItComesBack() {
        MemoryShard shard = roomy();
        Head first = shard.open(ROOM);
        shard.close(ROOM);

        assertThat(shard.open(ROOM)).isEqualTo(first);
        append(shard, ROOM, null, 1);
        assertThat(shard.head(ROOM)).contains(new Head(1, first.epoch(), 0, List.of()));
    }

    /** Rooms in which nothing was said share what says so. */
    @Test
    void theFirstMessageOfARoomIsInNoOther() {
        MemoryShard shard = roomy();
        Head silent = shard.open(OTHER);
        shard.open(ROOM);
        append(shard, ROOM, null, 1);

        assertThat(shard.head(OTHER)).contains(silent);
        assertThat(all(shard, OTHER)).isEmpty();
        append(shard, OTHER, null, 1);
        append(shard, ROOM, null, 1);
        assertThat(all(shard, OTHER)).containsExactly(1L);
        assertThat(all(shard, ROOM)).containsExactly(1L, 2L);
    }

    @Test
    void theEpochOfARoomInUseStaysWhenAnotherIsForgotten() {
        MemoryShard shard = roomy();
        String epoch = shard.open(ROOM).epoch();
        shard.open(OTHER);
        shard.close(OTHER);

        nowMs += TTL_MS;
        shard.open(new RoomId("third"));

        assertThat(shard.head(OTHER)).isEmpty();
        assertThat(shard.read(ROOM, Range.behind(0, 1)).head().epoch()).isEqualTo(epoch);
    }

    @Test
    void whatIsReadOfAForgottenRoomIsOfTheEpochThatItWillHave() {
        MemoryShard shard = roomy();
        shard.open(ROOM);
        append(shard, ROOM, null, 1);
        shard.close(ROOM);
        nowMs += TTL_MS;
        shard.open(OTHER);

        Page page = shard.read(ROOM, Range.behind(0, 10));

        assertThat(page.messages()).isEmpty();
        assertThat(page.oldest()).isEqualTo(1);
        assertThat(page.head()).isEqualTo(shard.open(ROOM));
    }

    @Test
    void roomsThatNobodyUsesAreGivenUpWhenBytesRunOut() {
        MemoryShard shard = shard(1000, 1 << 20, 4000);
        for (int i = 0; i < 100; i++) {
            append(shard, new RoomId("room-" + i), null, 10);
        }

        assertThat(shard.head(new RoomId("room-0"))).isEmpty();
        assertThat(shard.head(new RoomId("room-99"))).isPresent();
    }

    @Test
    void pagesStopAtBothEndsOfWhatIsKept() {
        MemoryShard shard = shard(4, 1 << 20, 1 << 20);
        for (int i = 0; i < 10; i++) {
            append(shard, ROOM, null, 1);
        }

        assertThat(seqs(shard.read(ROOM, Range.behind(6, 4)))).containsExactly(7L, 8L, 9L, 10L);
        assertThat(seqs(shard.read(ROOM, Range.behind(7, 4)))).containsExactly(8L, 9L, 10L);
        assertThat(seqs(shard.read(ROOM, Range.behind(0, 2)))).containsExactly(7L, 8L);
        assertThat(seqs(shard.read(ROOM, Range.behind(10, 1)))).isEmpty();
        assertThat(seqs(shard.read(ROOM, Range.upTo(11, 1)))).containsExactly(10L);
        assertThat(seqs(shard.read(ROOM, Range.upTo(Range.END, 4)))).containsExactly(7L, 8L, 9L, 10L);
        assertThat(seqs(shard.read(ROOM, Range.upTo(Range.END, 500)))).containsExactly(7L, 8L, 9L, 10L);
        assertThat(seqs(shard.read(ROOM, Range.upTo(8, 5)))).containsExactly(7L);
        assertThat(seqs(shard.read(ROOM, Range.upTo(7, 5)))).isEmpty();
        assertThat(seqs(shard.read(ROOM, Range.upTo(0, 5)))).isEmpty();
    }

    @Test
    void twoLogsHaveDifferentEpochs() {
        Config.MemoryLog config = new Config.MemoryLog(10, 1000, 1 << 20, TTL_MS, WINDOW_MS);
        try (MemoryLog one = new MemoryLog(config, () -> nowMs);
                MemoryLog two = new MemoryLog(config, () -> nowMs)) {
            assertThat(get(one.open(ROOM)).epoch())
                    .isNotEqualTo(get(two.open(ROOM)).epoch());
        }
    }

    @Test
    void theBytesAreSharedOutEvenlySoThatAllOfThemStayInBounds() {
        long bytes = 1 << 20;
        Config.MemoryLog config = new Config.MemoryLog(1000, 1 << 20, bytes, TTL_MS, WINDOW_MS);
        try (MemoryLog log = new MemoryLog(config, () -> nowMs)) {
            long kept = 0;
            for (int room = 0; room < 200; room++) {
                RoomId id = new RoomId("room-" + room);
                get(log.open(id));
                for (int i = 0; i < 20; i++) {
                    get(log.append(new Draft(id, message(null, 1000))));
                }
            }
            for (int room = 0; room < 200; room++) {
                kept += 1000L
                        * get(log.read(new RoomId("room-" + room), Range.behind(0, 100)))
                                .messages()
                                .size();
            }

            assertThat(kept).isBetween(bytes / 2, bytes);
        }
    }

    @Test
    void aFullLogFailsTheStageAndDoesNotThrow() {
        Config.MemoryLog config = new Config.MemoryLog(10, 1000, 16 * 1000, TTL_MS, WINDOW_MS);
        try (MemoryLog log = new MemoryLog(config, () -> nowMs)) {
            get(log.append(new Draft(ROOM, message("m-1", 200))));
            assertThatThrownBy(() -> get(log.append(new Draft(ROOM, message("m-2", 200)))))
                    .hasCauseInstanceOf(LogUnavailableException.class);
            assertThatThrownBy(() -> get(log.append(new Draft(ROOM, message("m-3", 2000)))))
                    .hasCauseInstanceOf(RequestException.class);
        }
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(1, TimeUnit.SECONDS).join();
    }
}
