package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A token without any grant may still write to everybody. */
class StoredBytesTest {
    private static final String LARGE = "x".repeat(50_000);

    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .with("redis.uri", REDIS.uri())
            .with("limits.bytes-stored-per-user", "200KiB")
            .with("limits.directs-per-recipient", 5)
            .start();

    private final TestNode node = CLUSTER.node();

    private TestClient connect(String user) {
        return TestClient.to(node)
                .header("Authorization", "Bearer " + Token.of(user).signed())
                .connect();
    }

    private static void assertStoresNoMore(TestClient client) {
        Frame refused = client.ask("direct", "user_id", "somebody-else", "content", LARGE);
        assertThat(refused.get("code")).isEqualTo("rate_limited");
        assertThat(refused.get("message")).contains("limits.bytes-stored-per-user");
        assertThat(refused.number("retry_after_ms")).isPositive();
    }

    @Test
    void aUserStoresSoMuchADayWhateverRoomsAndConnections() {
        TestClient hoarder = connect("hoarder");
        for (int i = 0; i < 5; i++) { // the fifth begins within the bound
            assertThat(hoarder.direct("somebody-" + i, LARGE)).isEqualTo(1);
        }
        assertStoresNoMore(hoarder);
        hoarder.close();
        assertStoresNoMore(connect("hoarder"));
        assertThat(connect("modest").direct("somebody-1", "hello")).isEqualTo(2);
    }

    @Test
    void nobodyIsWrittenToFasterThanTheRate() {
        TestClient loud = connect("loud");
        int refused = 0;
        for (int i = 0; i < 40; i++) {
            Frame answer = loud.ask("direct", "user_id", "victim", "content", i);
            if (answer.is("error")) {
                assertThat(answer.get("message")).contains("limits.directs-per-recipient");
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 30);
        assertThat(loud.ask("direct", "user_id", "another", "content", 1).is("ack"))
                .isTrue();
        assertThat(connect("quiet")
                        .ask("direct", "user_id", "victim", "content", 1)
                        .is("ack"))
                .isTrue();
    }
}
