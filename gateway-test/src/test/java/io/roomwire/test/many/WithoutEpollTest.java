package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Where Netty's native libraries cannot be had (musl, macOS, a folder for temporary files that nothing may be run from). */
class WithoutEpollTest {
    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(2)
            .with("redis.uri", REDIS.uri())
            .with("transport", "nio")
            .jvm("-Dio.netty.transport.noNative=true")
            .start();

    @Test
    void nodesAreJoinedByRedisAllTheSame() {
        TestClient ada = TestClient.member(CLUSTER.node(0), "plain", "ada");
        TestClient bob = TestClient.member(CLUSTER.node(1), "plain", "bob");

        long seq = ada.broadcast("plain", "hello");

        assertThat(ada.next("broadcast").seq()).isEqualTo(seq);
        assertThat(bob.next("broadcast").seq()).isEqualTo(seq);
        assertThat(bob.presence("plain").get("count").asInt()).isEqualTo(2);
    }
}
