package io.roomwire.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RedisClientsTest {
    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private static void assertIsToldAsAway(Redis config, String... words) {
        try (RedisClients clients = new RedisClients(config)) {
            assertThat(clients.start())
                    .contains("redis.uri", "redis.mode")
                    .contains(words)
                    .doesNotContain("secret");
            assertThat(clients.commands().ping().toCompletableFuture()).isCompletedExceptionally();
        }
    }

    @Test
    void aServerThatIsNotThereIsTold() {
        int port = RedisProcess.freePort();

        assertIsToldAsAway(
                new Redis("redis://user:secret@127.0.0.1:" + port, RedisMode.STANDALONE, 500, ""),
                "127.0.0.1:" + port,
                "standalone");
    }

    @Test
    @Timeout(60)
    void aServerThatHangsIsToldWithinABoundedTime() {
        try (RedisProcess server = RedisProcess.standalone()) {
            server.pause();
            String host = "127.0.0.1:" + server.port();

            assertIsToldAsAway(new Redis("redis://" + host, RedisMode.STANDALONE, 200, ""), host);
            assertIsToldAsAway(new Redis("redis://" + host, RedisMode.CLUSTER, 200, ""), host, "cluster");
            assertIsToldAsAway(
                    new Redis("redis-sentinel://" + host + "#main", RedisMode.SENTINEL, 200, ""), host, "sentinel");
        }
    }

    @Test
    void aClusterWithAMasterThatHangsIsGoodForTheOtherSlots() {
        try (RedisClusterProcess servers = new RedisClusterProcess()) {
            servers.masterOf("a").pause();
            try (RedisClients clients = new RedisClients(servers.config())) {
                clients.start();

                assertThat(servers.masterOf("b")).isNotSameAs(servers.masterOf("a"));
                assertThat(get(clients.commands().set("b", new byte[1]))).isEqualTo("OK");
            }
        }
    }

    @Test
    void aMasterThatWasPromotedIsToldAsAReturn() {
        try (RedisClusterProcess servers = RedisClusterProcess.withReplicas();
                RedisClients clients = RedisProcess.connect(servers.config())) {
            AtomicInteger returns = new AtomicInteger();
            clients.listen(new RedisClients.StateListener() {
                @Override
                public void onUp() {
                    returns.incrementAndGet();
                }
            });

            servers.masterOf("a").kill();

            await().atMost(Duration.ofMinutes(1)).until(() -> returns.get() > 0);
            await("commands for its slots have a connection of their own")
                    .ignoreExceptions()
                    .until(() -> get(clients.commands().set("a", new byte[1])).equals("OK"));
            assertThat(clients.isUp()).isTrue();
        }
    }

    /** Nobody guards against a throw, so a new release of Lettuce must not begin to. */
    @Test
    void whatDoesNotFitInTheQueueOrComesAfterTheEndFailsAndIsNotThrown() {
        try (RedisProcess server = RedisProcess.standalone()) {
            Redis config = server.config();
            RedisClients clients = new RedisClients(new Redis(config.uri(), config.mode(), 20_000, ""));
            try (clients) {
                assertThat(clients.start()).isNull();
                server.pause();
                CompletionStage<String> last = clients.commands().ping();
                for (int i = 0; i < 2 * RedisClients.QUEUE_COMMANDS; i++) {
                    last = clients.commands().ping();
                }
                assertThat(last.toCompletableFuture())
                        .failsWithin(Duration.ofSeconds(10))
                        .withThrowableThat()
                        .withMessageContaining("queue");
                server.resume();
            }
            assertThat(clients.commands().ping().toCompletableFuture()).isCompletedExceptionally();
        }
    }
}
