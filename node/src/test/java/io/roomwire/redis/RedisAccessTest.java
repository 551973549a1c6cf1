package io.roomwire.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.history.Draft;
import io.roomwire.history.RedisLog;
import io.roomwire.orders.Order;
import io.roomwire.orders.Orders;
import io.roomwire.orders.RedisOrders;
import io.roomwire.presence.Presence;
import io.roomwire.presence.RedisPresence;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.relay.RedisRelay;
import io.roomwire.relay.Relay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, and a user with no more rights than the documentation asks for. */
class RedisAccessTest {
    private static final Path DOCUMENTATION = Path.of("../docs/redis.md");
    private static final FrameWriter WRITER = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);
    private static final RoomId ROOM = new RoomId("room");
    private static final UserId ALICE = new UserId("alice");

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    /** Everything that a node asks of Redis, once: the parts of two nodes, one of which dies. */
    private static void useAll(Config.Redis config) throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        RedisClients dyingClients = new RedisClients(config);
        try (RedisClients clients = new RedisClients(config)) {
            clients.start();
            dyingClients.start();
            RedisRelay relay = new RedisRelay(clients, "n-1", WRITER);
            RedisPresence presence = new RedisPresence(new Config.Presence(100, 1000), clients, "n-1");
            relay.memberEvents(presence::received);
            relay.start(receiver(seen));
            presence.start(watcher(seen));
            get(relay.subscribe(ROOM));
            get(presence.claim());
            presence.joined(ROOM, ALICE);
            await().until(() -> seen.contains("+alice"));

            RedisPresence dying = new RedisPresence(new Config.Presence(100, 1000), dyingClients, "n-2");
            dying.start(watcher(seen));
            get(dying.claim());
            dying.joined(ROOM, new UserId("bob"));
            await().until(() -> seen.contains("+bob"));
            assertThat(get(presence.roster(ROOM, 10)).count()).isEqualTo(2);

            try (RedisLog log = new RedisLog(new Config.RedisLog(10, 60_000, 60_000), dyingClients, "n-2", WRITER)) {
                get(log.open(ROOM));
                get(log.append(
                        new Draft(ROOM, new Message(0, 1, ALICE, "m-1", "\"x\"".getBytes(StandardCharsets.UTF_8)))));
                assertThat(get(log.read(ROOM, Range.behind(0, 10))).messages()).hasSize(1);
                assertThat(get(log.read(ROOM, Range.upTo(Range.END, 10))).messages())
                        .hasSize(1);
                assertThat(get(log.heads(List.of(ROOM)))).hasSize(1);
            }
            new RedisRelay(dyingClients, "n-2", WRITER)
                    .publish(ROOM, new Head(2, ""), Unpooled.copiedBuffer("y", StandardCharsets.UTF_8));
            await().until(() -> seen.containsAll(List.of("1", "2")));

            Revocations revocations = new Revocations(60_000, System::currentTimeMillis);
            RedisOrders orders = new RedisOrders(dyingClients, revocations);
            get(orders.start(ordered(seen)));
            get(orders.give(new Order.Revoke(ALICE, System.currentTimeMillis() / 1000)));
            await().until(() -> seen.contains("revoked alice"));

            dyingClients.close();
            await().until(() -> seen.contains("-bob"));
            presence.left(ROOM, ALICE);
            await().until(() -> seen.contains("-alice"));
            relay.unsubscribe(ROOM);
            get(relay.subscribe(new RoomId("other")));
            presence.close();
            relay.close();
        }
    }

    private static Relay.Receiver receiver(List<String> seen) {
        return new Relay.Receiver() {
            @Override
            public void onFrame(RoomId room, Head place, Frame frame) {
                seen.add(String.valueOf(place.seq()));
                frame.release();
            }

            @Override
            public void onInterrupted() {
                // there is no log behind it
            }
        };
    }

    private static Orders.Receiver ordered(List<String> seen) {
        return new Orders.Receiver() {
            @Override
            public void disconnect(UserId user) {
                seen.add("disconnect " + user);
            }

            @Override
            public void remove(UserId user, RoomId room) {
                seen.add("remove " + user);
            }

            @Override
            public void revoked(UserId user) {
                seen.add("revoked " + user);
            }
        };
    }

    private static Presence.Watcher watcher(List<String> seen) {
        return new Presence.Watcher() {
            @Override
            public void onJoined(RoomId room, UserId user) {
                seen.add("+" + user);
            }

            @Override
            public void onLeft(RoomId room, UserId user) {
                seen.add("-" + user);
            }
        };
    }

    @Test
    void theDocumentedRightsAreEnough() throws IOException {
        try (RedisProcess server = RedisProcess.standalone()) {
            allow(server);

            useAll(asUser(server.config()));

            assertNothingDenied(server);
        }
    }

    @Test
    void theDocumentedRightsAreEnoughForACluster() throws IOException {
        try (RedisClusterProcess servers = new RedisClusterProcess()) {
            servers.all().forEach(RedisAccessTest::allow);

            useAll(asUser(servers.config()));

            servers.all().forEach(RedisAccessTest::assertNothingDenied);
        }
    }

    @Test
    void aWrongPasswordEndsTheStart() {
        try (RedisProcess server = RedisProcess.standalone()) {
            allow(server);
            Config.Redis config = server.config();
            String uri = config.uri().replace("//", "//roomwire:wrong@");
            try (RedisClients clients =
                    new RedisClients(new Config.Redis(uri, config.mode(), config.timeoutMs(), ""))) {
                assertThatThrownBy(clients::start)
                        .isInstanceOf(ConfigException.class)
                        .hasMessageContaining("WRONGPASS")
                        .hasMessageNotContaining("wrong@");
            }
        }
    }

    private static void assertNothingDenied(RedisProcess server) {
        List<?> denied = server.ask(commands -> commands.aclLog());
        assertThat(denied).isEmpty();
    }

    static Config.Redis asUser(Config.Redis config) {
        return new Config.Redis(
                config.uri().replace("//", "//roomwire:password@"), config.mode(), config.timeoutMs(), "");
    }

    /** Makes the user of the documentation. */
    static void allow(RedisProcess server) {
        server.acl(rule().replaceFirst("user", "SETUSER"));
    }

    static String rule() {
        try (Stream<String> lines = Files.lines(DOCUMENTATION)) {
            return lines.map(String::strip)
                    .filter(line -> line.startsWith("user roomwire "))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aServerWithTlsIsTrustedByItsAuthority(@TempDir Path directory) throws IOException {
        TestCertificate certificate = TestCertificate.make(directory);
        int port = RedisProcess.freePort();
        try (RedisProcess server = RedisProcess.withTls(port, certificate.certificate(), certificate.key())) {
            Config.Redis plain = server.config();
            String uri = "rediss://127.0.0.1:" + port;

            useAll(new Config.Redis(
                    uri,
                    plain.mode(),
                    plain.timeoutMs(),
                    certificate.certificate().toString()));

            try (RedisClients distrustful =
                    new RedisClients(new Config.Redis(uri, plain.mode(), plain.timeoutMs(), ""))) {
                assertThatThrownBy(distrustful::start).isInstanceOf(ConfigException.class);
            }
        }
    }
}
