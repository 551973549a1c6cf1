package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.util.List;
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
            .with("limits.bytes-stored-per-user", "350KiB")
            .with("limits.bytes-stored-per-room", "480KiB")
            .with("limits.directs-to-one-user", 8)
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

    @Test
    void allTogetherStoreSoMuchADayInARoom() {
        for (String user : List.of("first", "second")) {
            TestClient client = connect(user);
            for (int i = 0; i < 4; i++) { // of each four are within what a user may
                Frame answer = client.ask("direct", "user_id", "popular", "content", LARGE);
                boolean fits = user.equals("first") || i < 3; // the one that goes across begins within the bound
                assertThat(answer.is("ack")).as("%s %d: %s", user, i, answer).isEqualTo(fits);
                if (!fits) {
                    assertThat(answer.get("code")).isEqualTo("rate_limited");
                    assertThat(answer.get("message")).contains("limits.bytes-stored-per-room");
                }
            }
        }
    }

    @Test
    void manyTogetherWriteToOneNoFasterThanTheRateOfAll() {
        int passed = 0;
        for (String user : List.of("one", "two", "three", "four")) {
            TestClient client = connect(user);
            for (int i = 0; i < 8; i++) { // what a user may send at once to one other is 10
                Frame answer = client.ask("direct", "user_id", "celebrity", "content", i);
                if (answer.is("error")) {
                    assertThat(answer.get("message")).contains("limits.directs-to-one-user");
                } else {
                    passed++;
                }
            }
        }
        assertThat(passed).isBetween(16, 31);
    }
}
