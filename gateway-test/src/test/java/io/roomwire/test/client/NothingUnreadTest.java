package io.roomwire.test.client;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** That every test ends with a look at what it has not read proves something only if that look finds it. */
class NothingUnreadTest {
    @AutoClose
    private static final TestCluster CLUSTER = aCluster().start();

    private final TestNode node = CLUSTER.node();

    @Test
    void aFrameThatNobodyReadIsFoundThoughItWasStillOnItsWay() {
        TestClient ada = TestClient.member(node, "unread", "ada");
        TestClient bob = TestClient.member(node, "unread", "bob");
        ada.tell("broadcast", "room_id", "unread", "content", "surprise");
        assertThatThrownBy(() -> NothingUnread.check(List.of(bob, ada)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("surprise");
        ada.next("broadcast");
        bob.next("broadcast");
        NothingUnread.check(List.of(bob, ada));
    }

    @Test
    void anEndThatNobodyExpectedIsFound() {
        TestClient ada = TestClient.member(node, "end", "ada");
        ada.send("x".repeat(100_000));
        ada.closed().join();
        assertThatThrownBy(() -> NothingUnread.check(List.of(ada)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1009");
        assertThat(ada.expectClose().code()).isEqualTo(1009);
        NothingUnread.check(List.of(ada));
    }

    @Test
    void whoIgnoresTheRestIsNotLookedAt() {
        TestClient ada = TestClient.member(node, "ignored", "ada").ignoreRest();
        ada.tell("broadcast", "room_id", "ignored", "content", 1);
        NothingUnread.check(List.of(ada));
        assertThat(ada.next("broadcast").content().asInt()).isEqualTo(1);
    }
}
