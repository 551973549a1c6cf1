package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisMonitor;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node with fifty thousand rooms does not storm Redis, and messages flow meanwhile. Prints its figures. */
class ManyRoomsTest {
    private static final int ROOMS = 50_000;

    /** Channels in one command; Redis is held that long at a time. */
    private static final int MOST_CHANNELS = 256;

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final RoomId BUSY = new RoomId("busy");

    private final RedisProcess server = RedisProcess.standalone();
    private final RedisClients clients = connect();
    private final RedisClients peerClients = connect();
    private final RedisRelay relay = new RedisRelay(clients, "n-1", RelayContract.WRITER);
    private final RedisRelay peer = new RedisRelay(peerClients, "n-2", RelayContract.WRITER);

    /** On the same connection for commands as the peer, with a connection for pub/sub of its own. */
    private final RedisRelay witness = new RedisRelay(peerClients, "n-3", RelayContract.WRITER);

    private final ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger interruptions = new AtomicInteger();
    private final AtomicLong busyMessages = new AtomicLong();
    private final Set<RoomId> heard = ConcurrentHashMap.newKeySet();
    private final ConcurrentHistogram latencyUs = new ConcurrentHistogram(3);

    /** Patient, so that a busy machine is not taken for a Redis that hangs. */
    private RedisClients connect() {
        Config.Redis config = server.config();
        return RedisProcess.connect(new Config.Redis(config.uri(), config.mode(), PATIENCE.toMillis() / 2, ""));
    }

    /** A message's payload is the time at which it was published. */
    private class Receiver implements Relay.Receiver {
        @Override
        public void onFrame(RoomId room, Head place, Frame frame) {
            if (room.equals(BUSY)) {
                ByteBuf payload = frame.payload();
                busyMessages.incrementAndGet();
                latencyUs.recordValue(Math.max(0, (System.nanoTime() - payload.readLong()) / 1000));
                payload.release();
            } else {
                heard.add(room);
            }
            frame.release();
        }

        @Override
        public void onInterrupted() {
            // only the peer's counts
        }
    }

    @BeforeEach
    void start() {
        relay.start(new RelayContract.Received());
        peer.start(new Receiver() {
            @Override
            public void onInterrupted() {
                interruptions.incrementAndGet();
            }
        });
        witness.start(new Receiver());
        RelayContract.get(witness.subscribe(BUSY));
        publisher.scheduleAtFixedRate(
                () -> relay.publish(
                        BUSY, new Head(1, ""), RelayContract.bytes("").writeLong(System.nanoTime())),
                0,
                1,
                TimeUnit.MILLISECONDS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        publisher.shutdown();
        publisher.awaitTermination(10, TimeUnit.SECONDS);
        List.of(relay, peer, witness).forEach(RedisRelay::close);
        clients.close();
        peerClients.close();
        server.close();
    }

    private static RoomId room(int i) {
        return new RoomId("room-" + i);
    }

    private void subscribeAll() {
        List<CompletionStage<Void>> all = new ArrayList<>();
        for (int i = 0; i < ROOMS; i++) {
            all.add(peer.subscribe(room(i)));
        }
        all.forEach(each -> each.toCompletableFuture()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join());
    }

    private void say(String what, long sinceNs, long messages) {
        System.out.printf(
                "%s of %d rooms: %d ms; %d messages of another room meanwhile, p50 %d us, p99 %d us, max %d us%n",
                what,
                ROOMS,
                (System.nanoTime() - sinceNs) / 1_000_000,
                messages,
                latencyUs.getValueAtPercentile(50),
                latencyUs.getValueAtPercentile(99),
                latencyUs.getMaxValue());
    }

    @Test
    void roomsAreSubscribedAgainABatchAtATimeAndMessagesFlowBetween() {
        subscribeAll();
        try (RedisMonitor monitor = new RedisMonitor(server.port(), "SUBSCRIBE", "PUBLISH")) {
            latencyUs.reset();
            long before = busyMessages.get();
            long startNs = System.nanoTime();

            server.ask(commands -> commands.clientKill(KillArgs.Builder.typePubsub()));

            await().atMost(PATIENCE).until(() -> interruptions.get() == 1);
            say("subscribed again", startNs, busyMessages.get() - before);
            assertThat(busyMessages.get()).isGreaterThan(before);
            await().atMost(PATIENCE).until(() -> rooms(monitor.commands()).size() >= ROOMS);
            List<List<String>> seen = monitor.commands();
            List<List<String>> batches = seen.stream()
                    .filter(each -> each.get(0).equals("SUBSCRIBE"))
                    .toList();
            assertThat(batches).allSatisfy(each -> assertThat(each.size() - 1).isLessThanOrEqualTo(MOST_CHANNELS));
            assertThat(rooms(seen)).as("each room, once").hasSize(ROOMS).doesNotHaveDuplicates();
            assertThat(longestRun(seen))
                    .as("commands to subscribe in a row, with no message between")
                    .isLessThan(batches.size() / 2);
        }

        for (int i = 0; i < ROOMS; i++) {
            relay.publish(room(i), new Head(1, ""), RelayContract.bytes("x"));
            if (i % 1000 == 999) { // no more than Redis keeps up with
                int sent = i + 1;
                await().atMost(PATIENCE).until(() -> heard.size() == sent);
            }
        }
    }

    /** The channels of this test's rooms in commands to subscribe. */
    private static List<String> rooms(List<List<String>> commands) {
        return commands.stream()
                .filter(each -> each.get(0).equals("SUBSCRIBE"))
                .flatMap(List::stream)
                .filter(each -> each.contains("room-"))
                .toList();
    }

    private static int longestRun(List<List<String>> commands) {
        int longest = 0;
        int run = 0;
        for (List<String> each : commands) {
            run = each.get(0).equals("SUBSCRIBE") ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest;
    }

    @Test
    void joinsToNewRoomsDoNotHoldUpMessages() {
        await().until(() -> busyMessages.get() > 100);
        latencyUs.reset();
        long before = busyMessages.get();
        long startNs = System.nanoTime();

        subscribeAll();

        say("subscribed", startNs, busyMessages.get() - before);
        assertThat(busyMessages.get()).isGreaterThan(before);
        assertThat(relay.unpublished()).isZero();
    }
}
