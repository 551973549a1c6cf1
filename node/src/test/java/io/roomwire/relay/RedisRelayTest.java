package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisRelayTest extends RedisRelayContract {
    private static RedisProcess server;

    @BeforeAll
    static void startRedis() {
        server = RedisProcess.standalone();
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @Override
    Config.Redis redis() {
        return server.config();
    }

    private static Config.Redis deployment(int database, String prefix) {
        Config.Redis plain = server.config();
        return new Config.Redis(plain.uri() + "/" + database, plain.mode(), plain.timeoutMs(), "", prefix);
    }

    @Test
    void twoDeploymentsInDatabasesOfTheirOwnAreToldThatTheyShareChannels() {
        assertThat(relay().strangers()).isNull();
        try (RedisClients itsClients = RedisProcess.connect(deployment(1, Config.Redis.PREFIX))) {
            RedisRelay staging = new RedisRelay(itsClients, "n-1", WRITER);
            staging.start(new Received());

            await().until(() -> relay().strangers() != null && staging.strangers() != null);

            assertThat(relay().strangers()).contains("database 1", "redis.prefix");
            assertThat(staging.strangers()).contains("database 0", "redis.prefix");
            staging.close();
        }
    }

    @Test
    void deploymentsWithPrefixesOfTheirOwnHearNothingOfEachOther() {
        try (RedisClients itsClients = RedisProcess.connect(deployment(1, "staging"));
                RedisClients thirdClients = RedisProcess.connect(deployment(1, "staging"))) {
            RedisRelay staging = new RedisRelay(itsClients, "n-1", WRITER);
            RedisRelay third = new RedisRelay(thirdClients, "n-2", WRITER);
            Received heard = new Received();
            staging.start(heard);
            third.start(new Received());
            get(staging.subscribe(room));
            get(peer.subscribe(room));

            relay().publish(room, new Head(1, ""), bytes("production"));
            third.publish(room, new Head(2, ""), bytes("staging"));

            await().until(() -> !heard.frames.isEmpty() && !peerReceived.frames.isEmpty());
            assertThat(heard.frames).containsExactly(room + " 2 staging");
            assertThat(peerReceived.frames).containsExactly(room + " 1 production");
            assertThat(staging.strangers()).isNull();
            staging.close();
            third.close();
        }
    }

    @Test
    void whenRedisComesBackEveryWishIsFulfilled() {
        RoomId later = new RoomId(room + "-later");
        get(peer.subscribe(room));
        server.kill();
        await().until(() -> !peer.isUp());
        assertThatThrownBy(() -> get(peer.subscribe(later))).hasCauseInstanceOf(RelayUnavailableException.class);
        relay().publish(room, new Head(1, ""), bytes("lost"));

        server.restart();

        await().until(() -> peerReceived.interruptions.get() > 0 && clients().isUp());
        relay().publish(room, new Head(2, ""), bytes("x"));
        relay().publish(later, new Head(3, ""), bytes("y"));
        await().untilAsserted(() -> assertThat(peerReceived.frames).containsExactly(room + " 2 x", later + " 3 y"));
    }
}
