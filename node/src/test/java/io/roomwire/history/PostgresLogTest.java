package io.roomwire.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.roomwire.config.KeptMessages;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PostgresLogTest extends OnPostgres {
    @Test
    void writersOnTwoNodesGetSeqsWithoutHolesInEveryRoomAndMeetNoDeadlock() throws Exception {
        List<PostgresLog> nodes = List.of(node(), node());
        List<RoomId> rooms = IntStream.range(0, 5)
                .mapToObj(i -> new RoomId(room + "-" + (char) ('e' - i)))
                .toList();
        int writers = 8;
        int messages = 500;
        Map<RoomId, List<Long>> seqs = new HashMap<>();
        rooms.forEach(each -> seqs.put(each, Collections.synchronizedList(new ArrayList<>())));
        List<Thread> threads = new ArrayList<>();
        List<CompletableFuture<?>> acks = Collections.synchronizedList(new ArrayList<>());
        for (int w = 0; w < writers; w++) {
            PostgresLog node = nodes.get(w % nodes.size());
            UserId sender = new UserId("writer-" + w);
            int first = w;
            threads.add(new Thread(() -> {
                for (int i = 0; i < messages; i++) {
                    // half of the writers walk through the rooms the other way round
                    RoomId to = rooms.get(Math.floorMod(first % 4 < 2 ? i : -i, rooms.size()));
                    acks.add(node.append(draft(to, sender, "m-" + i, "\"" + i + "\""))
                            .thenAccept(receipt -> seqs.get(to).add(receipt.seq()))
                            .toCompletableFuture());
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        for (CompletableFuture<?> ack : acks) {
            ack.get(30, TimeUnit.SECONDS);
        }
        for (RoomId each : rooms) {
            int count = writers * messages / rooms.size();
            assertThat(seqs.get(each))
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(1, count).boxed().toList());
            Page stored = get(nodes.get(0).read(each, Range.behind(0, 10_000)));
            assertThat(seqsOf(stored))
                    .isEqualTo(LongStream.rangeClosed(1, count).boxed().toList());
            assertThat(stored.head().seq()).isEqualTo(count);
            Map<UserId, Integer> last = new HashMap<>();
            for (Message message : stored.messages()) {
                int number = Integer.parseInt(message.id().substring(2));
                Integer before = last.put(message.sender(), number);
                assertThat(before == null || before < number)
                        .as("%s in %s: %s before %s", message.sender(), each, before, number)
                        .isTrue();
            }
        }
        assertThat(postgres.query("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"))
                .isEqualTo("0");
    }

    @Test
    void theSameIdIsStoredOnceWhereverItIsSentAgain() throws Exception {
        PostgresLog one = node();
        PostgresLog other = node();
        List<CompletionStage<Receipt>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(one.append(draft("m-1", "1")));
            all.add(other.append(draft("m-1", "1")));
        }
        Set<Long> places = new HashSet<>();
        int stored = 0;
        for (CompletionStage<Receipt> each : all) {
            places.add(get(each).seq());
            stored += get(each).duplicate() ? 0 : 1;
        }
        assertThat(places).containsExactly(1L);
        assertThat(stored).isEqualTo(1);
        assertThat(get(one.append(draft(room, new UserId("bob"), "m-1", "2"))))
                .as("another sender's")
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(2L, false);
        assertThat(get(one.append(draft(new RoomId(room + "-b"), ALICE, "m-1", "3"))))
                .as("another room's")
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(1L, false);
        assertThat(get(one.append(draft(null, "4"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(3L, false);
        assertThat(get(one.append(draft(null, "4"))))
                .as("without an id")
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(4L, false);
    }

    @Test
    void anIdMayComeAgainAfterItsWindow() throws Exception {
        PostgresLog log = node();
        assertThat(get(log.append(draft("m-1", "1"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(1L, false);
        postgres.execute(
                "UPDATE roomwire.message SET stored = stored - interval '6 minutes' WHERE room = '" + room + "'");
        assertThat(get(log.append(draft("m-1", "1"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(2L, false);
    }

    @Test
    void pagesGoBothWaysAndKeepTheContentByteForByte() throws Exception {
        PostgresLog log = node();
        String content = "{ \"b\" : 1.50, \"a\":\"\\u00e9\u00e9\\u0000\" ,\"a\":[ ]}";
        for (int i = 1; i <= 10; i++) {
            get(log.append(draft("m-" + i, i == 7 ? content : String.valueOf(i))));
        }
        assertThat(seqsOf(get(log.read(room, Range.behind(3, 4))))).containsExactly(4L, 5L, 6L, 7L);
        assertThat(seqsOf(get(log.read(room, Range.upTo(9, 3))))).containsExactly(6L, 7L, 8L);
        assertThat(seqsOf(get(log.read(room, new Range(2, 5, 50, true))))).containsExactly(3L, 4L);
        assertThat(seqsOf(get(log.read(room, new Range(2, 6, 2, false))))).containsExactly(4L, 5L);
        Page empty = get(log.read(room, Range.behind(10, 5)));
        assertThat(empty.messages()).isEmpty();
        assertThat(empty.oldest()).isEqualTo(1);
        assertThat(empty.head().seq()).isEqualTo(10);
        Message seventh = get(log.read(room, Range.behind(6, 1))).messages().get(0);
        assertThat(new String(seventh.content(), UTF_8)).isEqualTo(content);
        assertThat(seventh.id()).isEqualTo("m-7");
        assertThat(seventh.sender()).isEqualTo(ALICE);
        assertThat(seventh.ts()).isEqualTo(1234);
    }

    @Test
    void anUnknownRoomHasTheHeadThatItsFirstMessageFollows() throws Exception {
        PostgresLog log = node();
        Head before = get(log.open(room));
        assertThat(before.seq()).isZero();
        assertThat(get(log.heads(List.of(room)))).isEmpty();
        Page page = get(log.read(room, Range.behind(0, 5)));
        assertThat(page.head()).isEqualTo(before);
        assertThat(page.oldest()).isEqualTo(1);
        get(log.append(draft("m-1", "1")));
        assertThat(get(log.heads(List.of(room)))).containsExactly(Map.entry(room, before.at(1)));
        assertThat(get(node().open(room))).isEqualTo(before.at(1));
    }

    @Test
    void roomsOpenedTogetherEachGetTheirOwnHead() throws Exception {
        PostgresLog log = node();
        List<CompletionStage<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            for (int n = 0; n < i; n++) {
                receipts.add(log.append(draft(new RoomId(room + "-" + i), ALICE, null, "1")));
            }
        }
        for (CompletionStage<Receipt> each : receipts) {
            get(each);
        }
        List<CompletionStage<Head>> heads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            heads.add(log.open(new RoomId(room + "-" + i)));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(get(heads.get(i)).seq()).isEqualTo(i);
        }
    }

    @Test
    void aDraftThatCannotBeStoredFailsAlone() throws Exception {
        PostgresLog log = node();
        List<CompletionStage<Receipt>> good = new ArrayList<>();
        List<CompletionStage<Receipt>> bad = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            good.add(log.append(draft("m-" + i, "1")));
            if (i % 10 == 5) {
                bad.add(log.append(draft("nul\u0000", "1")));
            }
        }
        Set<Long> seqs = new HashSet<>();
        for (CompletionStage<Receipt> each : good) {
            seqs.add(get(each).seq());
        }
        assertThat(seqs).hasSize(40).contains(1L, 40L);
        for (CompletionStage<Receipt> each : bad) {
            assertThatThrownBy(() -> get(each)).hasCauseInstanceOf(LogUnavailableException.class);
        }
        assertThat(log.downReason()).isNull();
    }

    @Test
    void theEdgeIsToldAfterAPartitionIsDropped() throws Exception {
        PostgresLog log = node(20_000, WEEK_MS);
        for (int i = 1; i <= 6; i++) {
            get(log.append(draft("m-" + i, String.valueOf(i))));
        }
        // as if the first four were eight days old: a partition that is past its age holds them
        postgres.execute("""
                DO $$
                DECLARE
                    first text; bound bigint; cut bigint := extract(epoch FROM now())::bigint - 8 * 86400;
                BEGIN
                    SELECT c.relname, split_part(c.relname, '_', 3)::bigint INTO first, bound
                    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'roomwire.message'::regclass ORDER BY 2 LIMIT 1;
                    EXECUTE format('ALTER TABLE roomwire.message DETACH PARTITION roomwire.%I', first);
                    EXECUTE format('CREATE TABLE roomwire.message_0_%s PARTITION OF roomwire.message
                        FOR VALUES FROM (MINVALUE) TO (to_timestamp(%s))', cut, cut);
                    EXECUTE format('CREATE TABLE roomwire.message_%s_%s PARTITION OF roomwire.message
                        FOR VALUES FROM (to_timestamp(%s)) TO (to_timestamp(%s))', cut, bound, cut, bound);
                    EXECUTE format('INSERT INTO roomwire.message SELECT * FROM roomwire.%I', first);
                    EXECUTE format('DROP TABLE roomwire.%I', first);
                END $$""");
        postgres.execute("UPDATE roomwire.message SET stored = stored - interval '9 days' WHERE room = '" + room
                + "' AND seq <= 4");
        assertThat(get(log.read(room, Range.behind(0, 9))).oldest()).isEqualTo(1);

        log.keepPartitions();

        Page page = get(log.read(room, Range.behind(0, 9)));
        assertThat(page.oldest()).isEqualTo(5);
        assertThat(seqsOf(page)).containsExactly(5L, 6L);
        assertThat(page.head().seq()).isEqualTo(6);
        assertThat(get(log.append(draft("m-7", "7"))))
                .extracting(Receipt::seq, Receipt::duplicate)
                .containsExactly(7L, false);
    }

    @Test
    void partitionsAreMadeAheadByOneNodeAtATime() throws Exception {
        PostgresLog log = node();
        PostgresLog other = node();
        CompletableFuture<Void> both = CompletableFuture.allOf(
                CompletableFuture.runAsync(log::keepPartitions), CompletableFuture.runAsync(other::keepPartitions));
        both.get(10, TimeUnit.SECONDS);
        String ahead = postgres.query(
                "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent ="
                        + " 'roomwire.message'::regclass AND split_part(c.relname, '_', 2)::bigint > extract(epoch FROM now())");
        assertThat(Integer.parseInt(ahead)).isBetween(3, 5);
    }

    @Test
    void aRoomShowsOnlyAsManyMessagesAsItsPrefixKeeps() throws Exception {
        PostgresLog log = log(postgres.config(20_000, WEEK_MS, new KeptMessages(room.text(), 3)));
        for (int i = 1; i <= 8; i++) {
            get(log.append(draft("m-" + i, String.valueOf(i))));
        }
        Page page = get(log.read(room, Range.behind(0, 9)));
        assertThat(seqsOf(page)).containsExactly(6L, 7L, 8L);
        assertThat(page.oldest()).isEqualTo(6);
        assertThat(seqsOf(get(log.read(room, Range.upTo(8, 9))))).containsExactly(6L, 7L);
    }
}
