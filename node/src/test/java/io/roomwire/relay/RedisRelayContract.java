package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.roomwire.config.Config;
import io.roomwire.history.Draft;
import io.roomwire.history.RedisLog;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the relay over Redis promises in each form of Redis: two nodes. */
abstract class RedisRelayContract extends RelayContract {
    private RedisClients clients;
    private RedisClients peerClients;
    private RedisRelay relay;
    RedisRelay peer;
    final Received peerReceived = new Received();

    abstract Config.Redis redis();

    @BeforeEach
    void connect() {
        clients = RedisProcess.connect(redis());
        peerClients = RedisProcess.connect(redis());
        relay = new RedisRelay(clients, "n-1", WRITER);
        peer = new RedisRelay(peerClients, "n-2", WRITER);
        relay.start(received);
        peer.start(peerReceived);
    }

    @AfterEach
    void disconnect() {
        relay.close();
        peer.close();
        clients.close();
        peerClients.close();
    }

    @Override
    RedisRelay relay() {
        return relay;
    }

    RedisClients clients() {
        return clients;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "}", "{}", "{a}b", "@", "\uD83D\uDE00"})
    void aPeerGetsTheBytesAndTheSeq(String prefix) {
        RoomId odd = new RoomId(prefix + room);
        get(peer.subscribe(odd));

        relay.publish(odd, new Head(7, ""), bytes("{\"a\":\"\u00e9\"}"));

        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(odd + " 7 {\"a\":\"\u00e9\"}"));
    }

    @Test
    void aPeerIsToldTheEpochOfTheSeq() {
        get(peer.subscribe(room));

        relay.publish(room, new Head(7, "life-1.2"), bytes("x"));

        await().untilAsserted(() -> assertThat(peerReceived.places).containsExactly(new Head(7, "life-1.2")));
    }

    /** The server had it all the time, and would not say so again. */
    @Test
    void aRoomIsGivenUpAndWantedAgainWhileManyOthersAreAsked() {
        RoomId marker = new RoomId(room + "-marker");
        get(relay.subscribe(marker));
        get(relay.subscribe(room));
        List<CompletionStage<Void>> others = IntStream.range(0, 5000)
                .mapToObj(i -> relay.subscribe(new RoomId(room + "-" + i)))
                .toList();
        relay.unsubscribe(room);
        get(relay.subscribe(marker)); // it has that one, so it has gone through what was wanted before

        get(relay.subscribe(room));

        others.forEach(RelayContract::get);
        peer.publish(room, new Head(1, ""), bytes("still here"));
        await().untilAsserted(() -> assertThat(received.frames).containsExactly(room + " 1 still here"));
    }

    @Test
    void onlySubscribersGetIt() {
        RoomId other = new RoomId(room + "-other");
        get(peer.subscribe(room));
        get(peer.subscribe(other));
        peer.unsubscribe(other);

        relay.publish(other, new Head(1, ""), bytes("no"));
        relay.publish(room, new Head(1, ""), bytes("yes"));

        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(room + " 1 yes"));
    }

    @Test
    void whatTheLogPublishesIsWhatANodeWouldWrite() {
        get(peer.subscribe(room));
        Message message = new Message(
                0, 1767225600000L, new UserId("al\"ice"), "m-1", "[1, {\"a\":2}]".getBytes(StandardCharsets.UTF_8));
        try (RedisLog log = new RedisLog(new Config.RedisLog(10, 60_000, 60_000), clients, "n-1", WRITER)) {
            get(log.append(new Draft(room, message)));
            get(log.append(new Draft(room, message)));
            get(log.append(new Draft(room, message.at(0))));
            get(log.append(new Draft(
                    room,
                    new Message(0, 5, new UserId("bob"), null, bytes("\"x\"").array()))));
        }

        await().until(() -> peerReceived.frames.size() == 2);
        Received local = new Received();
        local.onFrame(room, new Head(1, ""), WRITER.message(room, message.at(1), 0));
        local.onFrame(
                room,
                new Head(2, ""),
                WRITER.message(
                        room,
                        new Message(
                                2, 5, new UserId("bob"), null, bytes("\"x\"").array()),
                        0));
        assertThat(peerReceived.frames).isEqualTo(local.frames);
    }

    @Test
    void manyRoomsAreSubscribedAtOnce() {
        List<CompletionStage<Void>> all = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            all.add(peer.subscribe(new RoomId(room + "-" + i)));
        }
        all.forEach(RelayContract::get);

        relay.publish(new RoomId(room + "-2999"), new Head(1, ""), bytes("x"));

        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(room + "-2999 1 x"));
    }

    @Test
    void garbageIsCountedAndDropped() {
        get(peer.subscribe(room));
        String channel = RedisProcess.KEYS.channel(room.text());
        for (String each :
                List.of("", "x", "\u0001m\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001y", "\u0002m\u00ff")) {
            byte[] raw = each.getBytes(StandardCharsets.ISO_8859_1);
            get(
                    clients.isSharded()
                            ? clients.commands().spublish(channel, raw)
                            : clients.commands().publish(channel, raw));
        }

        relay.publish(room, new Head(1, ""), bytes("good"));

        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(room + " 1 good"));
        assertThat(peer.garbage()).isEqualTo(4);
    }

    @Test
    void aConnectionThatWasLostComesBackWithAllRoomsAndTellsOfTheGap() {
        List<CompletionStage<Void>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            all.add(peer.subscribe(new RoomId(room + "-" + i)));
        }
        all.forEach(RelayContract::get);

        killSubscriptions();

        await().untilAsserted(() -> assertThat(peerReceived.interruptions.get()).isPositive());
        await().until(peer::isUp);
        for (int i = 0; i < 1000; i++) {
            relay.publish(new RoomId(room + "-" + i), new Head(1, ""), bytes("x"));
        }
        await().untilAsserted(() -> assertThat(peerReceived.frames).hasSize(1000));
    }

    private void killSubscriptions() {
        KillArgs all = KillArgs.Builder.typePubsub();
        if (clients.commands() instanceof RedisAdvancedClusterAsyncCommands<String, byte[]> cluster) {
            cluster.upstream().commands().clientKill(all);
        } else {
            get(clients.commands().clientKill(all));
        }
    }

    @Test
    void whatANodeSendsToItselfComesBackFromEveryServer() {
        AtomicInteger back = new AtomicInteger();
        try (RedisRelay probed = new RedisRelay(clients, "n-3", WRITER)) {
            probed.probeTimes(ns -> back.incrementAndGet());
            probed.start(received);
            for (int i = 0; i < 100; i++) { // in a cluster there is a connection to each server that has a room
                get(probed.subscribe(new RoomId(room + "-" + i)));
            }
            await().untilAsserted(() -> assertThat(back.get()).isGreaterThanOrEqualTo(3));
            assertThat(probed.probesMissed()).isZero();
            assertThat(probed.brokenDelivery()).isNull();
        }
    }

    @Test
    void aNewConnectionForCommandsServesInPlaceOfTheOld() {
        get(peer.subscribe(room));
        RedisClusterAsyncCommands<String, byte[]> before = clients.commands();

        clients.reconnect();

        await().until(() -> clients.commands() != before);
        relay.publish(room, new Head(1, ""), bytes("over the new one"));
        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(room + " 1 over the new one"));
        await("the old one is closed")
                .until(() -> before.ping().toCompletableFuture().isCompletedExceptionally());
        assertThat(clients.isUp()).isTrue();
    }
}
