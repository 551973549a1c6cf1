package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every log promises; each test has a room of its own. */
abstract class RoomLogContract {
    /** What the log keeps of a room. */
    static final int KEPT = 100;

    private static final AtomicLong ROOMS = new AtomicLong(System.nanoTime());
    private static final UserId ALICE = new UserId("alice");

    final RoomId room = new RoomId("room-" + ROOMS.incrementAndGet());

    abstract RoomLog log();

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    static Message message(UserId sender, String id, String content) {
        return message(sender, id, content, 1767225600000L);
    }

    private static Message message(UserId sender, String id, String content, long ts) {
        return new Message(0, ts, sender, id, content.getBytes(StandardCharsets.UTF_8));
    }

    Receipt append(RoomId to, UserId sender, String id, String content) {
        return get(log().append(new Draft(to, message(sender, id, content))));
    }

    private void append(int messages) {
        for (int i = 1; i <= messages; i++) {
            assertThat(append(room, ALICE, null, String.valueOf(i)).seq()).isEqualTo(i);
        }
    }

    private static List<Long> seqs(Page page) {
        return page.messages().stream().map(Message::seq).toList();
    }

    @Test
    void aRoomThatIsOpenedFirstIsEmptyAndHasAnEpoch() {
        Head head = get(log().open(room));

        assertThat(head.seq()).isZero();
        assertThat(head.epoch()).isNotEmpty();
        Page page = get(log().read(room, Range.behind(0, 10)));
        assertThat(page.messages()).isEmpty();
        assertThat(page.oldest()).isEqualTo(1);
        assertThat(page.head()).isEqualTo(head);
    }

    @Test
    void theFirstEpochOfARoomBeganBeforeItsFirstMessageAndEachReceiptNamesIt() {
        Receipt first = append(room, ALICE, "m-1", "1");
        Receipt second = append(room, ALICE, null, "2");
        Receipt again = append(room, ALICE, "m-1", "1");

        Head head = get(log().open(room));
        assertThat(List.of(first, second, again)).extracting(Receipt::epoch).containsOnly(head.epoch());
        assertThat(head.before()).isEmpty();
        assertThat(head.began()).isZero();
        assertThat(get(log().read(room, Range.behind(0, 1))).head()).isEqualTo(head);
    }

    @Test
    void seqsCountFromOneInEachRoom() {
        append(3);

        RoomId other = new RoomId(room + "-other");
        assertThat(append(other, ALICE, null, "1").seq()).isEqualTo(1);
        assertThat(get(log().open(room)).seq()).isEqualTo(3);
    }

    @Test
    void aClockThatJumpsChangesNoOrder() {
        long[] clockMs = {1767225600000L, 0, 32503680000000L, 1767225600000L, 1};
        for (long ms : clockMs) {
            get(log().append(new Draft(room, new Message(0, ms, ALICE, null, "1".getBytes(StandardCharsets.UTF_8)))));
        }

        Page page = get(log().read(room, Range.behind(0, 10)));
        assertThat(seqs(page)).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(page.messages().stream().mapToLong(Message::ts))
                .containsExactly(1767225600000L, 0L, 32503680000000L, 1767225600000L, 1L);
    }

    @Test
    void draftsOfOneCallerAreNumberedInTheOrderOfTheCalls() {
        List<CompletableFuture<Receipt>> calls = new ArrayList<>();
        for (int i = 0; i < KEPT; i++) {
            calls.add(log().append(new Draft(room, message(ALICE, null, "1"))).toCompletableFuture());
        }

        for (int i = 0; i < KEPT; i++) {
            assertThat(get(calls.get(i)).seq()).isEqualTo(i + 1);
        }
    }

    /** The logs of the nodes that share what is behind this one. */
    List<RoomLog> nodes() {
        return List.of(log());
    }

    /** Does to what is behind the log what a server's life may bring, and does not wait for the end of it. */
    void disturb() {
        // nothing is behind a log in memory
    }

    @Test
    void whatOneSenderSendsKeepsItsOrderWhateverHappensBehindTheLog() {
        int senders = 6;
        int each = 6;
        int stored = 0;
        List<RoomLog> nodes = nodes();
        for (int turn = 0; turn < 50; turn++) {
            RoomId to = new RoomId(room + "-" + turn);
            await("what the turn before disturbed has healed")
                    .pollDelay(Duration.ZERO)
                    .ignoreExceptions()
                    .until(() -> nodes.stream()
                            .allMatch(node -> get(node.append(new Draft(to, message(ALICE, null, "0"))))
                                            .seq()
                                    > 0));
            List<List<CompletableFuture<Receipt>>> calls = new ArrayList<>();
            for (int sender = 0; sender < senders; sender++) {
                calls.add(new ArrayList<>());
            }
            for (int number = 0; number < each; number++) {
                if (number == turn % each) {
                    disturb();
                }
                for (int sender = 0; sender < senders; sender++) {
                    Message message = message(new UserId("sender-" + sender), null, String.valueOf(number));
                    RoomLog node = nodes.get((turn + sender) % nodes.size());
                    calls.get(sender).add(node.append(new Draft(to, message)).toCompletableFuture());
                }
            }
            for (List<CompletableFuture<Receipt>> ofOne : calls) {
                List<Long> seqs = acked(ofOne);
                assertThat(seqs).as("turn " + turn).isSorted();
                stored += seqs.size();
            }
        }
        assertThat(stored).as("what was not refused").isGreaterThan(50 * senders * each / 2);
    }

    /** The seqs of what was acked, in the order in which it was sent. */
    static List<Long> acked(List<CompletableFuture<Receipt>> calls) {
        return calls.stream()
                .map(call -> call.orTimeout(10, TimeUnit.SECONDS)
                        .thenApply(Receipt::seq)
                        .exceptionally(refused -> 0L)
                        .join())
                .filter(seq -> seq > 0)
                .toList();
    }

    @Test
    void aMessageComesBackAsItWas() {
        UserId sender = new UserId("Zoë \"quoted\"");
        String content = "{\"text\":\"h\u00e9llo \\u0000 \uD83D\uDE00\",\"n\":[1,2.50]}";
        append(room, sender, "id with spaces", content);

        Message message = get(log().read(room, Range.behind(0, 1))).messages().get(0);

        assertThat(message.seq()).isEqualTo(1);
        assertThat(message.ts()).isEqualTo(1767225600000L);
        assertThat(message.sender()).isEqualTo(sender);
        assertThat(message.id()).isEqualTo("id with spaces");
        assertThat(new String(message.content(), StandardCharsets.UTF_8)).isEqualTo(content);
    }

    @Test
    void theSameIdOfTheSameSenderIsStoredOnce() {
        Receipt first = append(room, ALICE, "m-1", "1");
        Receipt again = append(room, ALICE, "m-1", "2");

        assertThat(first.duplicate()).isFalse();
        assertThat(again.duplicate()).isTrue();
        assertThat(again.seq()).isEqualTo(first.seq());
        assertThat(get(log().open(room)).seq()).isEqualTo(1);
    }

    @Test
    void theSameIdOfAnotherSenderOrRoomIsAnotherMessage() {
        append(room, ALICE, "m-1", "1");

        assertThat(append(room, new UserId("bob"), "m-1", "1").duplicate()).isFalse();
        assertThat(append(new RoomId(room + "-other"), ALICE, "m-1", "1").duplicate())
                .isFalse();
    }

    @Test
    void senderAndIdAreNotConfusedWhereTheyMeet() {
        append(room, new UserId("a"), "b:c", "1");

        assertThat(append(room, new UserId("a:b"), "c", "1").duplicate()).isFalse();
    }

    @Test
    void pagesGoForwardFromBehindASeq() {
        append(10);

        assertThat(seqs(get(log().read(room, Range.behind(4, 3))))).containsExactly(5L, 6L, 7L);
        assertThat(seqs(get(log().read(room, Range.behind(8, 5))))).containsExactly(9L, 10L);
        assertThat(seqs(get(log().read(room, Range.behind(10, 5))))).isEmpty();
        assertThat(seqs(get(log().read(room, Range.behind(99, 5))))).isEmpty();
    }

    @Test
    void pagesGoBackFromBeforeASeqAndAreOldestFirst() {
        append(10);

        assertThat(seqs(get(log().read(room, Range.upTo(Range.END, 3))))).containsExactly(8L, 9L, 10L);
        assertThat(seqs(get(log().read(room, Range.upTo(4, 2))))).containsExactly(2L, 3L);
        assertThat(seqs(get(log().read(room, Range.upTo(1, 2))))).isEmpty();
    }

    @Test
    void aRangeIsBoundedOnBothSides() {
        append(10);

        assertThat(seqs(get(log().read(room, new Range(2, 6, 10, true))))).containsExactly(3L, 4L, 5L);
        assertThat(seqs(get(log().read(room, new Range(2, 6, 2, false))))).containsExactly(4L, 5L);
        assertThat(seqs(get(log().read(room, new Range(5, 6, 2, true))))).isEmpty();
    }

    private Page within(long bytes, Range range) {
        return get(log().read(room, range.within(bytes)));
    }

    @Test
    void aPageEndsEarlyWhereItsContentsWouldBeTooManyBytes() {
        for (int i = 0; i < 20; i++) {
            get(log().append(new Draft(room, message(ALICE, null, "x".repeat(10_000), 1))));
        }

        Page forward = within(35_000, Range.behind(2, 10));
        assertThat(seqs(forward)).containsExactly(3L, 4L, 5L);
        assertThat(forward.cut()).isTrue();
        Page back = within(35_000, Range.upTo(19, 10));
        assertThat(seqs(back)).containsExactly(16L, 17L, 18L);
        assertThat(back.cut()).isTrue();
        assertThat(back.head().seq()).isEqualTo(20);
        assertThat(seqs(within(9_999, Range.behind(2, 10))))
                .as("the first fits whatever its size")
                .containsExactly(3L);
        assertThat(seqs(within(9_999, Range.upTo(Range.END, 10)))).containsExactly(20L);
        Page whole = within(100_000, Range.behind(2, 10));
        assertThat(seqs(whole)).hasSize(10);
        assertThat(whole.cut()).as("it has all that was asked for").isFalse();
        assertThat(within(30_000, Range.behind(17, 10)).cut())
                .as("it has all that there is")
                .isFalse();
    }

    @Test
    void aPageWithoutContentsIsOfTheSameMessages() {
        for (int i = 0; i < 6; i++) {
            get(log().append(new Draft(room, message(ALICE, null, "x".repeat(10_000), 1))));
        }

        Page bare = get(log().read(room, Range.behind(1, 10).within(35_000).withoutContents()));

        assertThat(seqs(bare)).containsExactly(2L, 3L, 4L);
        assertThat(bare.cut()).isTrue();
        assertThat(bare.messages()).noneMatch(Message::isErased);
    }

    /** Messages whose times are those, in this order. */
    private void appendAt(long... times) {
        for (long ts : times) {
            get(log().append(new Draft(room, message(ALICE, null, "1", ts))));
        }
    }

    private List<Long> timed(long sinceMs, long untilMs, int limit, boolean forward) {
        return seqs(get(log().read(room, new Range(0, Range.END, sinceMs, untilMs, limit, forward))));
    }

    @Test
    void aRangeIsBoundedByTimesToo() {
        appendAt(1000, 2000, 2000, 2000, 3000, 5000);

        assertThat(timed(2000, Range.END, 10, true)).containsExactly(2L, 3L, 4L, 5L, 6L);
        assertThat(timed(2001, Range.END, 10, true)).containsExactly(5L, 6L);
        assertThat(timed(0, 2000, 10, false)).containsExactly(1L);
        assertThat(timed(0, 2001, 2, false)).containsExactly(3L, 4L);
        assertThat(timed(2000, 5000, 2, true)).containsExactly(2L, 3L);
        assertThat(timed(1, 1000, 10, true)).isEmpty();
        assertThat(timed(5001, Range.END, 10, true)).isEmpty();
        assertThat(seqs(get(log().read(room, new Range(3, Range.END, 1000, 5000, 10, true)))))
                .as("seqs and times bound together")
                .containsExactly(4L, 5L);
        assertThat(seqs(get(log().read(room, new Range(0, 4, 2000, Range.END, 10, false)))))
                .containsExactly(2L, 3L);
    }

    @Test
    void aTimeFallsWhereOlderMeetsNewerAlsoIfClocksDisagree() {
        appendAt(1000, 3000, 2000, 4000, 6000, 5000, 7000);

        long first = timed(4500, Range.END, 1, true).get(0);

        assertThat(first).isEqualTo(5);
        assertThat(timed(0, 4500, 10, false)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void aTimeBeforeWhatRetentionDroppedIsTheOldestThatIsKept() {
        long[] times = LongStream.rangeClosed(1, KEPT + 30).toArray();
        appendAt(times);

        assertThat(timed(1, Range.END, 2, true)).containsExactly(31L, 32L);
        assertThat(timed(0, 33, 10, false)).containsExactly(31L, 32L);
        assertThat(timed(0, 20, 10, false)).isEmpty();
    }

    @Test
    void anEmptyRoomHasNoTimes() {
        assertThat(timed(1000, 2000, 10, true)).isEmpty();
    }

    @Test
    void whatRetentionDroppedIsLeftOutAndTold() {
        append(KEPT + 30);

        Page page = get(log().read(room, Range.behind(0, 2)));

        assertThat(page.oldest()).isEqualTo(31);
        assertThat(seqs(page)).containsExactly(31L, 32L);
        assertThat(page.head().seq()).isEqualTo(KEPT + 30);
    }

    @Test
    void headsLeaveOutRoomsThatTheLogDoesNotKnow() {
        append(2);
        RoomId unknown = new RoomId(room + "-unknown");

        Map<RoomId, Head> heads = get(log().heads(List.of(room, unknown)));

        assertThat(heads).containsOnlyKeys(room);
        assertThat(heads).containsEntry(room, get(log().open(room)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"}", "{}", "{a}b", "}x{", "@alice", "a b/c?d#e%", "\uD83D\uDE00"})
    void anyRoomIdWillDo(String name) {
        RoomId odd = new RoomId(name + ROOMS.incrementAndGet());

        append(odd, ALICE, "m-1", "1");

        assertThat(append(odd, ALICE, "m-1", "1").duplicate()).isTrue();
        assertThat(seqs(get(log().read(odd, Range.behind(0, 10))))).containsExactly(1L);
    }
}
