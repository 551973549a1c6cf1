package io.roomwire.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.auth.Revocations;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What all orders promise. */
abstract class OrdersContract {
    /** True, since Redis looks at its own clock. */
    static final long NOW_S = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());

    /** Longer than all tests together, on whatever machine. */
    static final long KEEP_S = 3600;

    static final UserId ALICE = new UserId("alice");

    /** One node's side: what it was told, such as {@code disconnect alice}, and what it holds revoked. */
    static final class Side implements Orders.Receiver {
        volatile long nowS = NOW_S;
        final Revocations revocations = new Revocations(KEEP_S * 1000, () -> this.nowS * 1000);
        private final List<String> told = new ArrayList<>();

        @Override
        public void disconnect(UserId user) {
            note("disconnect " + user);
        }

        @Override
        public void remove(UserId user, RoomId room) {
            note("remove " + user + " " + room);
        }

        @Override
        public void revoked(UserId user) {
            note("revoked " + user + " " + revocations.cover(user, NOW_S - 1));
        }

        private synchronized void note(String order) {
            told.add(order);
        }

        synchronized List<String> told() {
            return List.copyOf(told);
        }
    }

    final Side side = new Side();

    /** Started, with {@link #side} as its receiver; nothing was ordered yet. */
    abstract Orders orders();

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Test
    void whatIsOrderedIsCarriedOutOnceAndInOrder() {
        Orders orders = orders();
        get(orders.give(new Order.Disconnect(ALICE)));
        get(orders.give(new Order.Remove(ALICE, new RoomId("lobby"))));
        get(orders.give(new Order.Revoke(ALICE, NOW_S)));
        get(orders.give(new Order.Disconnect(ALICE)));
        await().until(() -> side.told().size() >= 4);
        assertThat(side.told())
                .containsExactly("disconnect alice", "remove alice lobby", "revoked alice true", "disconnect alice");
    }

    @Test
    void anEarlierMomentTakesNoRevocationBack() {
        Orders orders = orders();
        get(orders.give(new Order.Revoke(ALICE, NOW_S)));
        get(orders.give(new Order.Revoke(ALICE, NOW_S - 50)));
        await().until(() -> side.told().size() == 2);
        assertThat(side.revocations.all()).containsExactly(Map.entry(ALICE, NOW_S));
    }

    @Test
    void whatIsRevokedIsBoundedAndGoesWhenItsTokensAreOver() {
        Orders orders = orders();
        fill();
        assertThatThrownBy(() -> get(orders.give(new Order.Revoke(ALICE, NOW_S))))
                .cause()
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED));
        pass(KEEP_S + 100);
        get(orders.give(new Order.Revoke(ALICE, side.nowS)));
        await().until(() -> side.revocations.cover(ALICE, side.nowS - 1));
    }

    /** Revokes the tokens of as many users as there may be, issued before {@link #NOW_S}. */
    abstract void fill();

    /** Lets so many seconds pass, for all clocks. */
    abstract void pass(long seconds);
}
