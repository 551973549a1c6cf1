package io.roomwire.test.security;

import static io.roomwire.test.client.RawClient.upgrade;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Closing;
import io.roomwire.test.client.RawClient;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.client.WireFrame;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class AuthTimeoutTest {
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked()
            .with("auth.timeout", "500ms")
            .with("auth.token-in-url", true)
            .start();

    private final TestNode node = CLUSTER.node();

    /** Whatever else it says meanwhile: talk is no token. */
    @Test
    void whoBringsNoTokenInTimeIsClosedWith4501() {
        TestClient nobody = TestClient.connect(node);
        nobody.tell("ping");
        assertThat(nobody.next("error").get("code")).isEqualTo("unauthorized");

        Closing end = nobody.expectClose();

        assertThat(end.code()).isEqualTo(4501);
        assertThat(end.reason()).contains("auth.timeout");
    }

    @Test
    void whoBringsOneStays() {
        TestClient alice = Token.of("alice").all("*").connect(node);
        TestClient nobody = TestClient.connect(node);
        assertThat(nobody.expectClose().code()).isEqualTo(4501);
        alice.join("stays");
    }

    @Test
    void aTokenInTheUrlCountsWhereThatIsSwitchedOn() {
        try (RawClient client = RawClient.connect(node)) {
            String token = Token.of("alice").all("*").signed();
            assertThat(client.exchange(upgrade("/ws?x=1&access_token=" + token)).status())
                    .isEqualTo(101);
            client.send(WireFrame.text("{\"type\":\"join\",\"room_id\":\"url\"}"));
            assertThat(client.readText()).contains("\"user_id\":\"alice\"");
        }
        try (RawClient client = RawClient.connect(node)) {
            assertThat(client.exchange(upgrade("/ws?access_token=nonsense")).status())
                    .isEqualTo(401);
        }
    }
}
