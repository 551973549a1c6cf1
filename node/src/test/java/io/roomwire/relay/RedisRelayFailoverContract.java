package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the relay promises when a replica takes over from a master that was killed, while messages flow: two nodes. */
abstract class RedisRelayFailoverContract {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final RoomId room = new RoomId("room");
    final RelayContract.Received peerReceived = new RelayContract.Received();
    final AtomicLong published = new AtomicLong();
    private final ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();
    private RedisClients clients;
    private RedisClients peerClients;
    private RedisRelay relay;
    private RedisRelay peer;

    /** Starts servers of its own for each test. */
    abstract Config.Redis startServers();

    /** The server that has the room's channel. */
    abstract RedisProcess master();

    @BeforeEach
    void connect() {
        Config.Redis config = startServers();
        clients = RedisProcess.connect(config);
        peerClients = RedisProcess.connect(config);
        relay = new RedisRelay(clients, "n-1", RelayContract.WRITER);
        clients.listen(relay);
        peer = new RedisRelay(peerClients, "n-2", RelayContract.WRITER);
        peerClients.listen(peer);
        relay.start(new RelayContract.Received());
        peer.start(peerReceived);
        RelayContract.get(peer.subscribe(room));
        publisher.scheduleWithFixedDelay(
                () -> relay.publish(room, new Head(published.incrementAndGet(), ""), RelayContract.bytes("x")),
                0,
                10,
                TimeUnit.MILLISECONDS);
        awaitMessages();
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        publisher.shutdown();
        publisher.awaitTermination(10, TimeUnit.SECONDS);
        relay.close();
        peer.close();
        clients.close();
        peerClients.close();
    }

    /** Waits until the peer gets one that is published from now on. */
    final void awaitMessages() {
        long now = published.get();
        await().atMost(PATIENCE).until(() -> peerReceived.frames.stream().anyMatch(frame -> seq(frame) > now));
    }

    private static long seq(String frame) {
        return Long.parseLong(frame.split(" ", -1)[1]);
    }

    @Test
    void messagesComeAgainAndTheGapIsTold() {
        master().kill();

        await().atMost(PATIENCE).until(() -> peerReceived.interruptions.get() > 0);
        awaitMessages();
        assertThat(peer.isUp()).isTrue();
        assertThat(relay.unpublished()).as("the loss that the log makes up for").isPositive();
    }

    @Test
    void aMasterThatHangsIsGivenUp() {
        master().pause();

        await().atMost(PATIENCE).until(() -> peerReceived.interruptions.get() > 0);
        awaitMessages();
    }
}
