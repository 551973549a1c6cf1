package io.roomwire.test.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.security.Token;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code roomwire.js} promises to pages, in a real browser. */
class RoomwireClientTest {
    private static final String KEY = "only-the-tests-know-this-key-no-3";

    @AutoClose
    private static final TestCluster CLUSTER =
            TestCluster.aCluster().environment("ROOMWIRE_OPS_KEYS", KEY).start();

    private final TestNode node = CLUSTER.node();

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    private static ClientScript client(TestNode node, String options) {
        ClientScript client = ClientScript.open(node, options);
        client.run("client.connect()");
        client.awaitState("open", Browser.PATIENCE);
        return client;
    }

    private void disconnect(String user) {
        node.api("/api/disconnect", KEY, "{\"user_id\":\"" + user + "\"}");
    }

    @Test
    void aDirectMessageIsSentAndAcked() {
        TestClient bob = TestClient.member(node, "lobby", "bob");
        try (ClientScript ada = client(node, "{\"user\":\"ada\"}")) {
            Object id = ada.run("return client.direct('bob', { psst: 1 })");
            assertThat(bob.next("direct").get("sender")).isEqualTo("ada");
            JsonNode ack = ada.awaited("ack", 1).get(0);
            assertThat(ack.get("id").asText()).isEqualTo(id);
            assertThat(ack.get("room_id").asText()).isEqualTo("@bob");
            assertThat(ada.events("joined"))
                    .as("nobody asked for the personal room")
                    .isEmpty();
        }
    }

    @Test
    void whatCameDirectlyWhileAwayComesOnceAndInOrder() {
        TestClient bob = TestClient.member(node, "lobby", "bob-r");
        try (ClientScript ada = client(node, "{\"user\":\"ada-r\"}")) {
            bob.direct("ada-r", 1);
            ada.awaited("direct", 1);
            disconnect("ada-r");
            ada.awaitState("stopped", Browser.PATIENCE);
            for (int i = 2; i <= 4; i++) {
                bob.direct("ada-r", i);
            }
            Object kept = ada.run("return client.direct('bob-r', 'written while away')");
            ada.run("client.connect()");
            bob.direct("ada-r", 5);
            assertThat(ada.awaited("direct", 5))
                    .extracting(each -> each.get("content").asInt())
                    .containsExactly(1, 2, 3, 4, 5);
            assertThat(bob.next("direct").get("content")).isEqualTo("written while away");
            assertThat(ada.awaited("ack", 1).get(0).get("id").asText()).isEqualTo(kept);
            ada.run("client.join('end')");
            ada.awaited("joined", 1);
            assertThat(ada.events("direct")).hasSize(5);
        }
    }

    /** The user is known by the first {@code joined} alone. */
    @Test
    void aTokensUserGetsWhatCameDirectlyWhileAwayToo() {
        try (TestCluster cluster =
                        Token.asked().environment("ROOMWIRE_OPS_KEYS", KEY).start();
                ClientScript ada = client(
                        cluster.node(),
                        "{\"token\":\"" + Token.of("ada").all("lobby").signed() + "\"}")) {
            TestClient bob = TestClient.to(cluster.node())
                    .header("Authorization", "Bearer " + Token.of("bob").signed())
                    .connect();
            ada.run("client.join('lobby')");
            ada.awaited("joined", 1);
            bob.direct("ada", 1);
            ada.awaited("direct", 1);
            cluster.node().api("/api/disconnect", KEY, "{\"user_id\":\"ada\"}");
            ada.awaitState("stopped", Browser.PATIENCE);
            bob.direct("ada", 2);
            ada.run("client.connect()");
            assertThat(ada.awaited("direct", 2))
                    .extracting(each -> each.get("content").asInt())
                    .containsExactly(1, 2);
            bob.close();
        }
    }

    @Test
    void aDirectMessageThatIsRefusedFailsAndNamesItsUser() {
        try (ClientScript ada = client(node, "{\"user\":\"ada-x\"}")) {
            Object id = ada.run("return client.direct('x'.repeat(200), 1)");
            JsonNode failed = ada.awaited("failed", 1).get(0);
            assertThat(failed.get("id").asText()).isEqualTo(id);
            assertThat(failed.get("user_id").asText()).startsWith("xxx");
            assertThat(failed.get("code").asText()).isEqualTo("bad_request");
        }
    }

    @Test
    void messagesToARoomThatWasRefusedFailWrittenBeforeOrAfter() {
        try (TestCluster cluster = Token.asked().start();
                ClientScript ada = client(
                        cluster.node(),
                        "{\"token\":\"" + Token.of("ada").all("open").signed() + "\"}")) {
            Object before = ada.run("client.join('closed'); return client.broadcast('closed', 1)");
            assertThat(ada.awaited("refused", 1).get(0).get("room_id").asText()).isEqualTo("closed");
            Object after = ada.run("return client.broadcast('closed', 2)");
            assertThat(ada.awaited("failed", 2))
                    .extracting(each -> each.get("id").asText())
                    .containsExactly(String.valueOf(before), String.valueOf(after));
            assertThat(ada.events("failed"))
                    .allMatch(each -> each.get("room_id").asText().equals("closed")
                            && each.get("code").asText().equals("forbidden"));
            ada.run("client.join('open'); client.broadcast('open', 3)");
            assertThat(ada.awaited("ack", 1).get(0).get("room_id").asText()).isEqualTo("open");
        }
    }

    /** A silent line is given up after 25 s; the browser knows better. */
    @Test
    void whenTheNetworkGoesTheLineIsProvenAtOnce() {
        try (TestCluster cluster = TestCluster.aCluster().start();
                ClientScript ada = client(cluster.node(), "{\"user\":\"ada\"}")) {
            cluster.node().pause();
            ada.run("dispatchEvent(new Event('offline'))");
            // It tries again soon, so the state itself may be over before anybody looks.
            await("the line is given up")
                    .atMost(Duration.ofSeconds(15))
                    .until(() -> ada.events("state").stream()
                            .anyMatch(each -> each.get("state").asText().equals("waiting")));
            cluster.node().resume();
            ada.run("dispatchEvent(new Event('online'))");
            ada.awaitState("open", Browser.PATIENCE);
        }
    }

    /** Others see the ids of our messages. */
    @Test
    void anotherUsersMessageWithTheSameIdIsNoAck() {
        TestClient eve = TestClient.member(node, "ids", "eve").ignoreRest();
        try (ClientScript ada = client(node, "{\"user\":\"ada-i\"}")) {
            ada.run("client.join('ids')");
            ada.awaited("joined", 1);
            Object id = ada.run("return client.broadcast('elsewhere', 1)"); // waits for its room
            eve.tell("broadcast", "room_id", "ids", "content", 1, "id", id);
            ada.awaited("message", 1);
            assertThat(ada.events("ack")).isEmpty();
        }
    }
}
