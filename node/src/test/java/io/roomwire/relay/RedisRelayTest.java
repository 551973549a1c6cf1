package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
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
