package io.roomwire.orders;

import static io.roomwire.redis.RedisScript.arg;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ScoredValue;
import io.lettuce.core.XAddArgs;
import io.roomwire.auth.Revocations;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisClusterProcess;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisOrdersTest extends OrdersContract {
    private static RedisProcess redis;

    private final List<RedisClients> open = new ArrayList<>();
    private Orders first;

    @BeforeAll
    static void startRedis() {
        redis = RedisProcess.standalone();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void startNode() {
        first = node(side, redis.connect());
    }

    @AfterEach
    void stopNodes() {
        get(open.get(0).commands().flushall());
        open.forEach(RedisClients::close);
    }

    private Orders node(Side of, RedisClients clients) {
        open.add(clients);
        RedisOrders orders = new RedisOrders(clients, of.revocations);
        clients.listen(orders);
        get(orders.start(of));
        return orders;
    }

    @Override
    Orders orders() {
        return first;
    }

    @Override
    void fill() {
        fill(NOW_S);
    }

    /** Redis has its own clock, so what it has becomes older. */
    @Override
    void pass(long seconds) {
        side.nowS = NOW_S + seconds;
        get(open.get(0).commands().del(RedisProcess.KEYS.named("revoked")));
        fill(side.nowS - 2 * seconds);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private void fill(long beforeS) {
        List<ScoredValue<byte[]>> page = new ArrayList<>();
        for (int i = 1; i <= Revocations.MAX; i++) {
            page.add(ScoredValue.just((double) beforeS, arg("user-" + i)));
            if (i % 1000 == 0) {
                get(open.get(0).commands().zadd(RedisProcess.KEYS.named("revoked"), page.toArray(new ScoredValue[0])));
                page.clear();
            }
        }
    }

    @Test
    void everyNodeCarriesItOut() {
        Side other = new Side();
        node(other, redis.connect());
        get(first.give(new Order.Disconnect(ALICE)));
        await().until(() -> other.told().equals(List.of("disconnect alice")));
    }

    @Test
    void aNodeThatComesLaterKnowsWhatIsRevokedAndCarriesNothingOutThatIsOver() {
        get(first.give(new Order.Disconnect(ALICE)));
        get(first.give(new Order.Revoke(ALICE, NOW_S)));

        Side later = new Side();
        Orders orders = node(later, redis.connect());

        assertThat(later.revocations.all()).containsExactly(Map.entry(ALICE, NOW_S));
        get(orders.give(new Order.Disconnect(new UserId("bob"))));
        await().until(() -> later.told().contains("disconnect bob"));
        assertThat(later.told()).doesNotContain("disconnect alice");
    }

    /** As one that was given by a server whose clock is 6 minutes behind that of a node. */
    @Test
    void whatWaitsToBeReadIsNotDroppedForBeingOldByTheClockOfANode() {
        Side other = new Side();
        node(other, redis.connect());
        long behindMs = System.currentTimeMillis() - TimeUnit.MINUTES.toMillis(6);
        XAddArgs id = XAddArgs.Builder.maxlen(1000).id(behindMs + "-0");

        open.get(0).commands().xadd(RedisProcess.KEYS.named("orders"), id, OrderEntry.of(new Order.Disconnect(ALICE)));
        get(first.give(new Order.Disconnect(new UserId("bob"))));

        await().until(() -> other.told().contains("disconnect bob"));
        assertThat(other.told()).containsExactly("disconnect alice", "disconnect bob");
    }

    @Test
    void aNodeWhoseClockIsAheadTakesNoRevocationAway() {
        get(first.give(new Order.Revoke(ALICE, NOW_S)));
        Side ahead = new Side();
        ahead.nowS = NOW_S + 2 * KEEP_S;
        Orders orders = node(ahead, redis.connect());

        get(orders.give(new Order.Revoke(new UserId("bob"), NOW_S)));

        Side later = new Side();
        node(later, redis.connect());
        assertThat(later.revocations.all()).containsKeys(ALICE, new UserId("bob"));
    }

    @Test
    void aNodeThatComesLaterReadsAllThatThereMayBe() {
        fill();
        Side later = new Side();
        node(later, redis.connect());
        assertThat(later.revocations.count()).isEqualTo(Revocations.MAX);
    }

    @Test
    void whatRedisHasLostItIsToldAgain() {
        get(first.give(new Order.Revoke(ALICE, NOW_S)));
        redis.restart();
        await().until(() -> {
            Side later = new Side();
            node(later, redis.connect());
            return later.revocations.cover(ALICE, NOW_S - 1);
        });
    }

    @Test
    void aNodeThatStartsWithoutRedisKnowsWhatIsRevokedOnceItIsThere() {
        get(first.give(new Order.Revoke(ALICE, NOW_S)));
        redis.kill();
        Side later = new Side();
        RedisClients clients = new RedisClients(redis.config());
        open.add(clients);
        clients.start();
        assertThat(new RedisOrders(clients, later.revocations).start(later).toCompletableFuture())
                .failsWithin(Duration.ofSeconds(20));

        redis.restart();

        await().atMost(Duration.ofSeconds(20)).until(() -> later.told().contains("revoked alice true"));
    }

    @Test
    void anEntryOfAnotherVersionIsPassedOver() {
        get(open.get(0)
                .commands()
                .xadd(RedisProcess.KEYS.named("orders"), Map.of("order", arg("dance"), "user", arg("alice"))));
        get(open.get(0)
                .commands()
                .xadd(RedisProcess.KEYS.named("orders"), Map.of("order", arg("remove"), "user", arg("alice"))));
        get(first.give(new Order.Disconnect(ALICE)));
        await().until(() -> side.told().equals(List.of("disconnect alice")));
    }

    @Test
    void itWorksOnACluster() {
        try (RedisClusterProcess cluster = new RedisClusterProcess()) {
            Side one = new Side();
            Side two = new Side();
            try (RedisClients ones = RedisProcess.connect(cluster.config());
                    RedisClients twos = RedisProcess.connect(cluster.config())) {
                Orders orders = new RedisOrders(ones, one.revocations);
                get(orders.start(one));
                get(new RedisOrders(twos, two.revocations).start(two));
                get(orders.give(new Order.Revoke(ALICE, NOW_S)));
                await().until(() -> two.told().equals(List.of("revoked alice true")));
            }
        }
    }
}
