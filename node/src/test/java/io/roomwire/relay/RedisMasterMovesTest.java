package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.config.Config;
import io.roomwire.history.Draft;
import io.roomwire.history.RedisLog;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisName;
import io.roomwire.redis.RedisProcess;
import io.roomwire.redis.RedisSentinelProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Another server becomes the master while the old one stays, answers, and keeps its connections: a failover that was planned. */
class RedisMasterMovesTest {
    private static final FrameWriter WRITER = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);

    /** The longest that a fault may last once it has healed. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private final RoomId room = new RoomId("room");
    private final List<Part> parts = new ArrayList<>();

    /** What a node has of Redis. */
    private final class Part {
        final RedisClients clients;
        final RedisLog log;
        final RedisRelay relay;
        final Queue<Long> heard = new ConcurrentLinkedQueue<>();

        Part(Config.Redis config, String nodeId) {
            clients = RedisProcess.connect(config);
            log = new RedisLog(new Config.RedisLog(1000, 3_600_000, 300_000), clients, nodeId, WRITER);
            relay = new RedisRelay(clients, nodeId, WRITER);
            clients.listen(relay);
            relay.start(new Relay.Receiver() {
                @Override
                public void onFrame(RoomId to, Head place, Frame frame) {
                    heard.add(place.seq());
                    frame.release();
                }

                @Override
                public void onInterrupted() {
                    // nothing is behind it here
                }
            });
            relay.subscribe(room)
                    .toCompletableFuture()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .join();
            parts.add(this);
        }

        CompletableFuture<Long> append(String id) {
            Message message = new Message(0, 1, new UserId("alice"), id, "1".getBytes(StandardCharsets.UTF_8));
            return log.append(new Draft(room, message))
                    .toCompletableFuture()
                    .thenApply(receipt -> receipt.seq())
                    .exceptionally(refused -> 0L);
        }

        void publish(long seq) {
            relay.publish(room, new Head(seq, ""), Unpooled.copiedBuffer("x", StandardCharsets.UTF_8));
        }

        void close() {
            relay.close();
            log.close();
            clients.close();
        }
    }

    @AfterEach
    void closeParts() {
        parts.forEach(Part::close);
    }

    private static void awaitReplicated(RedisProcess master, RedisProcess replica) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> replica.info("replication", "master_link_status").equals("up")
                        && replica.info("replication", "slave_repl_offset")
                                .equals(master.info("replication", "master_repl_offset")));
    }

    private static void demote(RedisProcess old, RedisProcess next) {
        next.ask(commands -> commands.replicaofNoOne());
        old.ask(commands -> commands.replicaof("127.0.0.1", next.port()));
    }

    @Test
    void aNameThatLeadsToTheNewMasterIsFollowedByCommandsAndSubscriptions() throws Exception {
        try (RedisProcess old = RedisProcess.standalone();
                RedisProcess next = old.replica();
                RedisName name = new RedisName(old)) {
            Part one = new Part(name.config(), "n-1");
            assertThat(one.append("m-1").join()).isEqualTo(1);
            awaitReplicated(old, next);

            name.leadsTo(next);
            demote(old, next);

            await().atMost(SOON).until(() -> one.append("m-2").join() == 2);
            await().atMost(SOON).until(() -> !one.clients.isAtReplica());
            Part two = new Part(next.config(), "n-2");
            await().atMost(SOON).until(() -> {
                one.publish(101);
                two.publish(102);
                return one.heard.contains(102L) && two.heard.contains(101L);
            });
            assertThat(next.info("clients", "connected_clients")).isNotEqualTo("1");
        }
    }

    @Test
    void whereNobodyWritesTheDemotedMasterIsNoticedToo() throws Exception {
        try (RedisProcess old = RedisProcess.standalone();
                RedisProcess next = old.replica();
                RedisName name = new RedisName(old)) {
            Part one = new Part(name.config(), "n-1");
            awaitReplicated(old, next);
            demote(old, next);

            await().atMost(SOON).until(one.clients::isAtReplica);
            name.leadsTo(next);

            await().atMost(SOON).until(() -> !one.clients.isAtReplica());
            assertThat(one.append("m-1").join()).isEqualTo(1);
        }
    }

    @Test
    void aFailoverThatTheSentinelsPlannedIsFollowedBeforeTheOldMasterKnows() throws Exception {
        try (RedisSentinelProcess servers = new RedisSentinelProcess()) {
            Part one = new Part(servers.config(), "n-1");
            List<String> acked = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                assertThat(one.append("before-" + i).join()).isPositive();
            }
            awaitReplicated(servers.master(), servers.replica());

            servers.failover();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions() // it ends its connections as it is promoted
                    .until(() -> servers.replica().info("replication", "role").equals("master"));
            await("the next one is written to")
                    .atMost(SOON)
                    .until(() -> one.append("after-" + acked.size())
                            .thenAccept(seq -> {
                                if (seq > 0) {
                                    acked.add("after-" + acked.size());
                                }
                            })
                            .thenApply(done -> servers.replica().ask(commands -> commands.xlen("rw:s:{room}")) > 20)
                            .join());
            assertThat(servers.master().info("replication", "role"))
                    .as("the old one takes writes still")
                    .isEqualTo("master");
        }
    }
}
