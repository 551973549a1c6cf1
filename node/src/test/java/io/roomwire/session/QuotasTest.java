package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.config.Config;
import io.roomwire.history.StoredSize;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class QuotasTest {
    private static final UserId ADA = new UserId("ada");
    private static final RoomId LOBBY = new RoomId("lobby");
    private static final int CONTENT = 60_000;
    private static final long SIZE = StoredSize.of(LOBBY, message(ADA, CONTENT));
    private static final int DAYS_KEPT = 7;
    private static final long LIMIT = 50L << 20;

    private long nowNs = 1;

    private static Message message(UserId sender, int bytes) {
        return new Message(0, 0, sender, null, new byte[bytes]);
    }

    private static void store(Quotas quotas, UserId sender, RoomId room) {
        quotas.store(room, message(sender, CONTENT));
    }

    private Quotas quotas(long perUser, long perRoom, int perRecipient, int toOneUser) {
        return new Quotas(new Config.Quota(perUser, perRoom, perRecipient, toOneUser), () -> nowNs);
    }

    private static boolean passes(Runnable request) {
        try {
            request.run();
            return true;
        } catch (RequestException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED);
            assertThat(e.retryAfterMs()).isPositive();
            return false;
        }
    }

    /** What lies there at any time, of somebody who writes all that he may, minute for minute, for a month. */
    private long mostStored(Runnable message) {
        ArrayDeque<long[]> stored = new ArrayDeque<>(); // when, how much
        long bytes = 0;
        long most = 0;
        for (int minute = 0; minute < 30 * 24 * 60; minute++) {
            nowNs += TimeUnit.MINUTES.toNanos(1);
            while (!stored.isEmpty() && nowNs - stored.getFirst()[0] > TimeUnit.DAYS.toNanos(DAYS_KEPT)) {
                bytes -= stored.removeFirst()[1];
            }
            while (passes(message)) {
                stored.addLast(new long[] {nowNs, SIZE});
                bytes += SIZE;
            }
            most = Math.max(most, bytes);
        }
        return most;
    }

    @Test
    void whatLiesThereOfAUserIsNeverMoreThanADaysWorthForEachDayAndOneMore() {
        Quotas quotas = quotas(LIMIT, 0, 0, 0);
        int[] rooms = new int[1];
        assertThat(mostStored(() -> store(quotas, ADA, new RoomId("room" + (char) ('a' + rooms[0]++ % 26)))))
                .isBetween(DAYS_KEPT * LIMIT, (DAYS_KEPT + 1) * LIMIT + SIZE);
    }

    @Test
    void whatLiesThereOfARoomIsNeverMoreThanADaysWorthForEachDayAndOneMore() {
        Quotas quotas = quotas(0, LIMIT, 0, 0);
        int[] users = new int[1];
        assertThat(mostStored(() -> store(quotas, new UserId("us" + (char) ('a' + users[0]++ % 26)), LOBBY)))
                .isBetween(DAYS_KEPT * LIMIT, (DAYS_KEPT + 1) * LIMIT + SIZE);
        assertThat(passes(() -> store(quotas, ADA, LOBBY))).isFalse();
        assertThat(passes(() -> store(quotas, ADA, new RoomId("elsewhere")))).isTrue();
    }

    @Test
    void aMessageCountsThoughThereIsNothingInItAndANewRoomCountsMore() {
        long perUser = 1 << 20;
        Quotas quotas = quotas(perUser, 0, 0, 0);
        Message empty = message(ADA, 0);
        int messages = 0;
        while (passes(() -> quotas.store(LOBBY, empty))) {
            messages++;
        }
        assertThat(messages).isBetween(1, (int) (perUser / StoredSize.of(LOBBY, empty)) + 1);

        UserId bob = new UserId("bob");
        int rooms = 0;
        while (passes(() -> quotas.store(LOBBY, message(bob, 0)))) {
            quotas.began(LOBBY, bob);
            rooms++;
        }
        assertThat(rooms).isBetween(1, (int) (perUser / StoredSize.of(LOBBY)) + 1);
    }

    @Test
    void manyTogetherWriteToOneNoFasterThanTheRateOfAll() {
        Quotas quotas = quotas(0, 0, 10, 100);
        UserId victim = new UserId("victim");
        int passed = 0;
        for (int second = 0; second < 10; second++) {
            for (int i = 0; i < 1000; i++) {
                UserId sender = new UserId("sender-" + i % 50);
                if (passes(() -> quotas.direct(sender, victim))) {
                    passed++;
                }
            }
            nowNs += TimeUnit.SECONDS.toNanos(1);
        }
        assertThat(passed).isBetween(1000, 1100);
        assertThat(passes(() -> quotas.direct(new UserId("sender-1"), ADA))).isTrue();
    }

    @Test
    void whatARoomHasNoPlaceForCountsForNobody() {
        Quotas quotas = quotas(LIMIT, SIZE, 0, 0);
        assertThat(passes(() -> store(quotas, new UserId("bob"), LOBBY))).isTrue();
        assertThat(passes(() -> store(quotas, new UserId("bob"), LOBBY))).isTrue();
        for (int i = 0; i < 10_000; i++) {
            assertThat(passes(() -> store(quotas, ADA, LOBBY))).isFalse();
        }
        assertThat(passes(() -> store(quotas, ADA, new RoomId("elsewhere")))).isTrue();
    }
}
