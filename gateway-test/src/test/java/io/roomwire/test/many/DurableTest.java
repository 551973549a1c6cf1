package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.client.TestClient;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestNode;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** With PostgreSQL, what was acked outlives the nodes, and with Redis beside it every node has it. */
class DurableTest {
    @AutoClose
    private static final TestRedis REDIS = TestRedis.process();

    @AutoClose
    private static final TestPostgres POSTGRES = TestPostgres.start();

    @AutoClose
    private static final TestCluster CLUSTER = aCluster()
            .nodes(2)
            .with("redis.uri", REDIS.uri())
            .with("postgres.uri", POSTGRES.uri())
            .start();

    @Test
    void membersSeeEverythingOnceWhileANodeIsKilled() throws Exception {
        Ledger.Report report = new RestlessCrowd(CLUSTER, "killed", System.nanoTime()).run(200, () -> {
            TestNode node = CLUSTER.node(1);
            node.kill();
            node.restart();
        });
        assertThat(report.acked()).isEqualTo(1200);
        assertThat(report.gaps()).isZero();
        assertThat(lastOfHistory("killed")).isEqualTo(1200);
    }

    @Test
    void membersSeeEverythingOnceWhileRedisIsKilled() throws Exception {
        Ledger.Report report = new RestlessCrowd(CLUSTER, "without-redis", System.nanoTime()).run(200, () -> {
            REDIS.kill();
            REDIS.restart();
        });
        assertThat(report.acked()).isEqualTo(1200);
        assertThat(report.gaps()).isZero();
        assertThat(lastOfHistory("without-redis")).isEqualTo(1200);
    }

    private static long lastOfHistory(String room) {
        TestClient reader = TestClient.member(CLUSTER.node(0), room, "reader");
        JsonNode messages = reader.history(room, "limit", 1).json().get("messages");
        return messages.get(0).get("seq").asLong();
    }
}
