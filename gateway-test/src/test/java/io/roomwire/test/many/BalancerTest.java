package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.test.client.Ledger;
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
            .with("drain.grace", "1s")
            .start();

    @AutoClose
    private static final TestBalancer BALANCER = TestBalancer.before(CLUSTER.nodes());

    @Test
    void connectionsAreSpreadOverTheNodes() {
        awaitAllBehind();
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
        awaitAllBehind();
        Ledger.Report report = new RestlessCrowd("drained", System.nanoTime(), random -> BALANCER.clients())
                .run(200, () -> {
                    TestNode node = CLUSTER.node(0);
                    assertThat(node.terminate()).isZero();
                    node.restart();
                });
        assertThat(report.acked()).isEqualTo(1200);
        assertThat(report.gaps()).isZero();
    }

    private static void awaitAllBehind() {
        await("HAProxy lets clients through")
                .atMost(Duration.ofSeconds(10))
                .ignoreExceptions()
                .until(() -> {
                    TestClient.to(BALANCER.clients()).connect().close();
                    return true;
                });
    }
}
