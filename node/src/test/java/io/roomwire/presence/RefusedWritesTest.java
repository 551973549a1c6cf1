package io.roomwire.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Redis that is there, answers, and takes no writes. */
class RefusedWritesTest {
    private static final Duration NOTICED = Duration.ofSeconds(20);
    private static final RoomId ROOM = new RoomId("room");
    private static final UserId ALICE = new UserId("alice");
    private static final UserId BOB = new UserId("bob");

    @AutoClose
    private final RedisProcess server = RedisProcess.standalone();

    private final PresenceContract.Events events = new PresenceContract.Events();
    private RedisClients clients;
    private RedisPresence presence;

    @SuppressWarnings("ImmutableEnumChecker") // functions that hold nothing
    enum Trouble {
        MISCONF(RedisProcess::failToSave, RedisProcess::saveAgain),
        OOM(each -> set(each, "maxmemory", "1"), each -> set(each, "maxmemory", "0")),
        NOREPLICAS(each -> set(each, "min-replicas-to-write", "1"), each -> set(each, "min-replicas-to-write", "0"));

        private final Consumer<RedisProcess> begin;
        private final Consumer<RedisProcess> end;

        Trouble(Consumer<RedisProcess> begin, Consumer<RedisProcess> end) {
            this.begin = begin;
            this.end = end;
        }

        private static void set(RedisProcess server, String name, String value) {
            server.ask(commands -> commands.configSet(name, value));
        }
    }

    @BeforeEach
    void start() {
        clients = server.connect();
        presence = new RedisPresence(new Config.Presence(200, 3000), clients, "n-1");
        clients.listen(presence);
        presence.start(events);
        get(presence.claim());
    }

    @AfterEach
    void stop() {
        presence.close();
        clients.close();
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private void awaitCount(int count) {
        await().atMost(NOTICED)
                .ignoreExceptions()
                .until(() -> get(presence.roster(ROOM, 10)).count() == count);
    }

    @ParameterizedTest
    @EnumSource
    void whoIsThereIsNotToldFromBeforeAndIsRightAfterwards(Trouble trouble) {
        presence.joined(ROOM, ALICE);
        awaitCount(1);

        trouble.begin.accept(server);
        presence.joined(ROOM, BOB);

        await().atMost(NOTICED).until(() -> presence.refusal() != null);
        assertThat(presence.refusal()).contains("takes no writes", "(" + trouble + ")");
        assertThatThrownBy(() -> get(presence.roster(ROOM, 10))).hasMessageContaining("takes no writes");

        trouble.end.accept(server);

        awaitCount(2);
        assertThat(presence.refusal()).isNull();
    }

    /** Its beats make nothing longer, so they need no memory. */
    @Test
    void aNodeWhoseRedisIsFullIsNotTakenForDead() {
        presence.joined(ROOM, ALICE);
        awaitCount(1);
        String holder = server.ask(commands -> commands.get("rw:n:{n-1}"));

        Trouble.OOM.begin.accept(server);

        await("for longer than a node without a beat would last")
                .during(Duration.ofSeconds(4))
                .atMost(NOTICED)
                .until(() -> holder.equals(server.ask(commands -> commands.get("rw:n:{n-1}"))));
        assertThat(presence.refusal()).contains("OOM");
    }
}
