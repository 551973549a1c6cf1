package io.roomwire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.roomwire.config.Config;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisProcess;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Redis that takes commands and gives no subscription, and one that answers to pings with an error. */
class RefusedSubscriptionTest {
    private static final RoomId ROOM = new RoomId("room");
    private static final Duration NOTICED = Duration.ofSeconds(20);

    @AutoClose
    private final RedisProcess server = RedisProcess.standalone();

    private final RelayContract.Received received = new RelayContract.Received();

    private RedisClients clients;
    private RedisRelay relay;

    @BeforeEach
    void connect() {
        Config.Redis config = server.config();
        clients = RedisProcess.connect(new Config.Redis(config.uri(), config.mode(), 1000, ""));
        relay = new RedisRelay(clients, "n-1", RelayContract.WRITER);
        relay.start(received);
        await().until(relay::isUp);
    }

    @AfterEach
    void disconnect() {
        relay.close();
        clients.close();
    }

    private void cutSubscriptions() {
        RelayContract.get(clients.commands().clientKill(KillArgs.Builder.typePubsub()));
    }

    private void assertThatItIsToldAndMended(String reason, Runnable mend) {
        await().atMost(NOTICED).until(() -> relay.brokenDelivery() != null);
        assertThat(relay.brokenDelivery())
                .contains(
                        "Redis 127.0.0.1:" + server.port() + " takes what is published, and gives no subscription",
                        reason);
        assertThat(relay.isUp()).isFalse();

        mend.run();

        await().atMost(NOTICED).until(() -> relay.brokenDelivery() == null && relay.isUp());
    }

    @Test
    void oneThatItHasNoConnectionLeftForIsNoDelivery() {
        RelayContract.get(clients.commands().configSet("maxclients", "1"));
        cutSubscriptions();

        assertThatItIsToldAndMended(
                "max number of clients",
                () -> RelayContract.get(clients.commands().configSet("maxclients", "100")));
    }

    @Test
    void oneThatItsUserHasNoRightToIsNoDelivery() {
        server.acl("SETUSER default -subscribe");
        cutSubscriptions();

        assertThatItIsToldAndMended("NOPERM", () -> server.acl("SETUSER default +subscribe"));
    }

    @Test
    void aPingThatIsAnsweredByAnErrorIsNoSilence() {
        server.failToSave();
        long before = relay.probesMissed();
        await("so many pings have been answered by errors").atMost(NOTICED).until(() -> server.errors("MISCONF") > 4);

        assertThat(received.interruptions).hasValue(0);
        assertThat(relay.isUp()).isTrue();
        assertThat(relay.probesMissed()).isEqualTo(before);
        RelayContract.get(relay.subscribe(ROOM));
        clients.commands().publish(RedisProcess.KEYS.channel(ROOM.text()), new byte[0]);
        await("what is published arrives").until(() -> relay.garbage() > 0);
    }
}
