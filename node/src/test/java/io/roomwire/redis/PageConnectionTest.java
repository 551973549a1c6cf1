package io.roomwire.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PageConnectionTest {
    private static RedisProcess here;
    private static RedisProcess elsewhere;

    private final RedisClient client = RedisClient.create();
    private final RedisClient withoutReconnect = RedisClient.create();
    private final PageConnection pages = new PageConnection(withoutReconnect, uri(here));

    @BeforeAll
    static void startServers() {
        here = RedisProcess.standalone();
        elsewhere = RedisProcess.standalone();
    }

    @AfterAll
    static void stopServers() {
        here.close();
        elsewhere.close();
    }

    PageConnectionTest() {
        withoutReconnect.setOptions(ClientOptions.builder().autoReconnect(false).build());
    }

    @AfterEach
    void disconnect() {
        client.shutdown();
        withoutReconnect.shutdown();
    }

    private static RedisURI uri(RedisProcess server) {
        return RedisURI.create("redis://127.0.0.1:" + server.port());
    }

    private StatefulRedisConnection<String, byte[]> main(RedisProcess server) {
        StatefulRedisConnection<String, byte[]> main = client.connect(RedisClients.CODEC, uri(server));
        pages.mainIs(main);
        return main;
    }

    private long id() {
        return Objects.requireNonNull(pages.commands())
                .clientId()
                .toCompletableFuture()
                .join();
    }

    @Test
    void itIsOfUseAtTheServerWhereTheMainOneIs() {
        assertThat(pages.at()).isNull();
        main(here);
        await().until(() -> pages.at() != null);
        assertThat(id()).isPositive();
    }

    @Test
    void itIsOfNoUseWhereTheMainOneIsNot() {
        main(elsewhere);
        assertThat(pages.at()).isNull();
        await().until(() -> pages.commands() != null);
        assertThat(id()).as("it stands").isPositive();
        assertThat(pages.at()).isNull();

        main(here);
        await().until(() -> pages.at() != null);
    }

    @Test
    void itIsOfNoUseOnceItIsLostAndMadeAgain() {
        StatefulRedisConnection<String, byte[]> main = main(here);
        await().until(() -> pages.at() != null);
        long first = id();
        main.sync().clientKill(KillArgs.Builder.id(first));
        await().until(() -> pages.at() == null);

        pages.follow();
        await().until(() -> pages.at() != null);
        assertThat(id()).isNotEqualTo(first);
    }

    @Test
    void anotherProcessInThePlaceOfTheOneBeforeIsAnotherServer() {
        main(here);
        await().until(() -> pages.at() != null);
        String before = pages.at();
        here.kill();
        await().until(() -> pages.at() == null);
        here.restart();
        await().until(() -> {
            pages.follow();
            return pages.at() != null;
        });
        assertThat(pages.at()).isNotEqualTo(before);
    }
}
