package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestBalancer;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Three nodes behind a real HAProxy, configured as {@code deploy/haproxy.cfg} says. */
@EnabledIf("io.roomwire.test.cluster.TestBalancer#isInstalled")
class BalancerTest {
    @AutoClose
    private static final TestRedis REDIS = TestRedis.start();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(3)
            .with("redis.uri", REDIS.uri())
            .with("redis-log.messages-per-room", 10_000)
            .with("drain.grace", "1s")
            .with("proxy-protocol.trusted", TestBalancer.ADDRESS + "/32")
            .start();

    @AutoClose
    private static final TestBalancer BALANCER = TestBalancer.before(CLUSTER.nodes());

    @AutoClose
    private static final TestCluster COUNTING = aCluster()
            .with("proxy-protocol.trusted", TestBalancer.ADDRESS + "/32")
            .with("limits.connections-per-address", 1)
            .start();

    @AutoClose
    private static final TestBalancer BEFORE_COUNTING = TestBalancer.before(COUNTING.nodes());

    @Test
    void connectionsAreSpreadOverTheNodes() {
        awaitLetThrough(BALANCER);
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            TestClient client = TestClient.to(BALANCER.clients()).connect();
            client.join("spread", "user-" + i);
            clients.add(client);
        }
        for (TestNode node : CLUSTER.nodes()) {
            assertThat(node.health().get("active_connections").asInt()).isGreaterThanOrEqualTo(5);
        }
        clients.forEach(TestClient::close);
    }

    @Test
    void aNodeIsDrainedAndItsClientsMissNothing() throws Exception {
        awaitLetThrough(BALANCER);
        Ledger.Report report = new RestlessCrowd("drained", System.nanoTime(), random -> BALANCER.clients())
                .run(200, () -> {
                    TestNode node = CLUSTER.node(0);
                    assertThat(node.terminate()).isZero();
                    node.restart();
                });
        assertThat(report.acked()).isEqualTo(1200);
        assertThat(report.gaps()).isZero();
    }

    /** With the defaults of the node and the file as it is shipped. */
    @Test
    void noNewClientIsSentToANodeThatEnds() {
        try (TestCluster nodes = aCluster()
                        .nodes(2)
                        .with("redis.uri", REDIS.uri())
                        .with("proxy-protocol.trusted", TestBalancer.ADDRESS + "/32")
                        .start();
                TestBalancer balancer = TestBalancer.asShipped(nodes.nodes())) {
            awaitLetThrough(balancer);
            nodes.node(0).askToEnd();
            while (nodes.node(0).isAlive()) {
                TestClient client = TestClient.to(balancer.clients()).connect();
                client.join("new", "newcomer");
                client.close();
            }
            assertThat(nodes.node(0).awaitExit()).isZero();
        }
    }

    /** HAProxy's checks have no header and no place in the count: they are on the operations port. */
    @Test
    void theNodeCountsTheClientsOwnAddressAndNotTheBalancers() {
        awaitLetThrough(BEFORE_COUNTING);
        TestClient second = from("127.0.0.2");
        TestClient third = from("127.0.0.3");
        assertThat(from("127.0.0.2").expectClose().code()).isEqualTo(4101);
        second.ping();
        third.ping();
        assertThat(COUNTING.node().metrics().sum("roomwire_handshakes_refused_total", "reason=\"proxy_header\""))
                .isZero();
    }

    private static TestClient from(String address) {
        return TestClient.to(BEFORE_COUNTING.clients()).from(address).connect();
    }

    private static void awaitLetThrough(TestBalancer balancer) {
        await("HAProxy lets clients through")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> {
                    TestClient.to(balancer.clients()).connect().close();
                    return true;
                });
    }
}
