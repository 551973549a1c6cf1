package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.history.Draft;
import io.roomwire.presence.LocalPresence;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.UserId;
import io.roomwire.relay.LocalRelay;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MissedTest {
    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)}");
    private static final Config CONFIG =
            Config.of(Settings.load(null, Map.of(), Map.of("rooms.linger", "20ms", "limits.members-per-room", "1000")));

    private final OneLoop one = new OneLoop();
    private final SlowLog log = new SlowLog(CONFIG);
    private final Rooms rooms =
            new Rooms(CONFIG, List.of(one.loop), log, new LocalRelay(), new LocalPresence(), one.writer, one.metrics);
    private final List<OneLoop.Socket> sockets = new ArrayList<>();
    private final List<ErrorCode> refused = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() throws Exception {
        assertThat(refused).isEmpty();
        one.run(() -> sockets.forEach(OneLoop.Socket::finishAndReleaseAll));
        one.close();
    }

    private void publish(int count) throws Exception {
        AtomicInteger stored = new AtomicInteger();
        one.run(() -> {
            for (int i = 0; i < count; i++) {
                byte[] content = "\"hello\"".getBytes(StandardCharsets.UTF_8);
                Message message = new Message(0, 0, new UserId("sender"), null, content);
                rooms.with(
                        OneLoop.ROOM,
                        room -> room.publish(message, 0, new Room.Answer() {
                            @Override
                            public void stored(long seq, String otherEpoch) {
                                stored.incrementAndGet();
                            }

                            @Override
                            public void refused(Throwable error) {
                                throw new AssertionError(error);
                            }
                        }),
                        error -> {
                            throw new AssertionError(error);
                        });
            }
        });
        await().until(() -> stored.get() == count);
    }

    /** Joins behind that seq, on a socket of its own. */
    private OneLoop.Socket comeBack(long after) throws Exception {
        return one.call(() -> {
            OneLoop.Socket socket = new OneLoop.Socket();
            sockets.add(socket);
            Membership member = one.member(socket);
            Request.Join request = new Request.Join(null, OneLoop.ROOM, member.user(), after, null, false);
            JoinCall call = new JoinCall(member, null, request, true, () -> {}, why -> refused.add(why.code()));
            rooms.with(OneLoop.ROOM, room -> room.join(call), error -> {
                throw new AssertionError(error);
            });
            return socket;
        });
    }

    /** The seqs of the frames that came, but for that of the joined. */
    private List<Long> seqs(OneLoop.Socket socket) throws Exception {
        everyPassIsOver();
        return one.call(() -> {
            ByteBuf written = socket.written();
            String text = written.toString(StandardCharsets.UTF_8);
            written.release();
            return SEQ.matcher(text)
                    .results()
                    .map(match -> Long.valueOf(match.group(1)))
                    .toList();
        });
    }

    private static List<Long> from(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    private void everyPassIsOver() throws Exception {
        for (int i = 0; i < 2; i++) {
            CountDownLatch over = new CountDownLatch(1);
            one.run(() -> one.loop.atEndOfPass(over::countDown));
            assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void thousandWhoComeBackAtOnceReadTheLogOnce() throws Exception {
        publish(150);
        List<OneLoop.Socket> back = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            back.add(comeBack(50));
        }
        log.gate.complete(null);
        everyPassIsOver();

        for (OneLoop.Socket socket : back) {
            assertThat(seqs(socket)).isEqualTo(from(51, 150));
        }
        assertThat(log.reads).hasValue(1);
    }

    @Test
    void whoComesLaterHasWhatIsKeptAndWhatWasDeliveredSince() throws Exception {
        log.gate.complete(null);
        publish(100);
        comeBack(40);
        publish(20);

        assertThat(seqs(comeBack(70))).isEqualTo(from(71, 120));
        assertThat(seqs(comeBack(119))).isEqualTo(from(120, 120));
        assertThat(log.reads).hasValue(1);
    }

    @Test
    void whoMissedMoreThanIsKeptReadsTheLog() throws Exception {
        log.gate.complete(null);
        publish(100);
        comeBack(90);

        assertThat(seqs(comeBack(10))).isEqualTo(from(11, 100));
        assertThat(log.reads).hasValue(2);
    }

    @Test
    void whatIsDeliveredWhileTheLogIsReadComesOnce() throws Exception {
        publish(10);
        OneLoop.Socket socket = comeBack(4);
        publish(10);
        log.gate.complete(null);
        everyPassIsOver();
        publish(5);
        everyPassIsOver();

        assertThat(seqs(socket)).isEqualTo(from(5, 25));
    }

    @Test
    void aHoleOfManyPagesIsReadToItsEnd() throws Exception {
        log.gate.complete(null);
        publish(900);
        OneLoop.Socket socket = comeBack(1);

        List<Long> seen = new ArrayList<>(seqs(socket));
        await().untilAsserted(() -> {
            seen.addAll(seqs(socket));
            assertThat(seen).isEqualTo(from(2, 900));
        });
    }

    @Test
    void aRoomStaysOpenForWhoIsStillReading() throws Exception {
        publish(10);
        OneLoop.Socket socket = comeBack(4);
        CompletableFuture<Void> lingered = new CompletableFuture<>();
        one.loop.after(10 * CONFIG.rooms().lingerMs(), () -> lingered.complete(null));
        lingered.get(30, TimeUnit.SECONDS);
        log.gate.complete(null);
        everyPassIsOver();
        publish(1);
        everyPassIsOver();

        assertThat(seqs(socket)).isEqualTo(from(5, 11));
    }

    @Test
    void whoIsStillReadingCountsForTheLimitOfMembers() throws Exception {
        publish(10);
        for (int i = 0; i < 1000; i++) {
            comeBack(4);
        }
        everyPassIsOver();
        assertThat(refused).isEmpty();

        comeBack(4);
        everyPassIsOver();

        assertThat(refused).containsExactly(ErrorCode.LIMIT_EXCEEDED);
        refused.clear();
    }

    @Test
    void whatAPeerSaysWhileTheRoomOpensIsDeliveredAtOnce() throws Exception {
        log.gate.complete(null);
        log.opening = new CompletableFuture<>();
        OneLoop.Socket socket = comeBack(0);
        Message said = new Message(0, 0, new UserId("sender"), null, "1".getBytes(StandardCharsets.UTF_8));
        String epoch = log.append(new Draft(OneLoop.ROOM, said))
                .toCompletableFuture()
                .join()
                .epoch();
        rooms.onFrame(OneLoop.ROOM, new Head(1, epoch), one.writer.message(OneLoop.ROOM, said.at(1), 0));
        everyPassIsOver();

        log.opening.complete(null);

        List<Long> seen = new ArrayList<>();
        await().untilAsserted(() -> {
            seen.addAll(seqs(socket));
            assertThat(seen).containsExactly(1L);
        });
    }

    @Test
    void whatOnlyCameInAnotherOrderIsNotReadFromTheLog() throws Exception {
        OneLoop.Socket socket = comeBack(0);
        Message said = new Message(0, 0, new UserId("sender"), null, "1".getBytes(StandardCharsets.UTF_8));
        String epoch = log.open(OneLoop.ROOM).toCompletableFuture().join().epoch();
        for (long seq : new long[] {2, 1}) {
            rooms.onFrame(OneLoop.ROOM, new Head(seq, epoch), one.writer.message(OneLoop.ROOM, said.at(seq), 0));
        }
        CompletableFuture<Void> later = new CompletableFuture<>();
        one.loop.after(200, () -> later.complete(null));
        later.get(30, TimeUnit.SECONDS);

        assertThat(seqs(socket)).isEqualTo(from(1, 2));
        assertThat(log.reads).hasValue(0);
    }
}
