package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Frame;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class UserLimitsTest {
    @AutoClose
    private static final TestCluster CLUSTER = Token.asked().with("threads", 2).start();

    private final TestNode node = CLUSTER.node();

    @Test
    void aTokenLimitsTheConnectionsOfItsUser() {
        Token token = Token.of("limited").claim("limits", Map.of("connections", 2));
        TestClient first = token.connect(node);
        TestClient second = token.connect(node);
        first.ping();
        second.ping();

        assertThat(token.connect(node).expectClose().code()).isEqualTo(4101);
        TestClient byFrame = TestClient.connect(node);
        byFrame.tell("auth", "token", token.signed());
        assertThat(byFrame.expectClose().code()).isEqualTo(4101);
        Token.of("another")
                .claim("limits", Map.of("connections", 1))
                .connect(node)
                .ping();

        first.close();
        token.connect(node).ping();
        second.ping();
    }

    /** Over all of its connections, whatever loops they are on. */
    @Test
    void aTokenLimitsTheRequestsOfItsUser() {
        Token token = Token.of("hasty").claim("limits", Map.of("messages_per_second", 1));
        List<TestClient> clients = List.of(token.connect(node), token.connect(node), token.connect(node));
        List<Frame> refused = new ArrayList<>();
        for (TestClient client : clients) {
            // Two at once are within the burst, so each connection alone would be let through.
            List<String> asked = List.of(client.askLater("ping"), client.askLater("ping"));
            for (String id : asked) {
                Frame answer = client.answer(id);
                if (!answer.is("pong")) {
                    refused.add(answer);
                }
            }
        }
        assertThat(refused).isNotEmpty().allSatisfy(answer -> {
            assertThat(answer.get("code")).isEqualTo("rate_limited");
            assertThat(answer.number("retry_after_ms")).isBetween(1L, 1000L);
        });
    }
}
