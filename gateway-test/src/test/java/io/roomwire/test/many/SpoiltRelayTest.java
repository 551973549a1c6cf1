package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.client.Ledger;
import io.roomwire.test.client.RestlessCrowd;
import io.roomwire.test.cluster.RedisProxy;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestPostgres;
import io.roomwire.test.cluster.TestRedis;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The relay is only speed: of what it carries, more than half is dropped, doubled or swapped here, and nobody notices. */
class SpoiltRelayTest {
    private static final double SPOILT = 0.2;

    @AutoClose
    private static final TestRedis REDIS = TestRedis.start();

    @AutoClose
    private static final RedisProxy RELAY = RedisProxy.before(REDIS, 1).spoil(SPOILT);

    @AutoClose
    private static final TestPostgres POSTGRES = TestPostgres.start();

    @AutoClose
    private static final TestCluster WITH_POSTGRES = aCluster()
            .nodes(2)
            .with("redis.uri", RELAY.uri())
            .with("postgres.uri", POSTGRES.uri())
            .start();

    @AutoClose
    private static final TestCluster WITH_REDIS_ALONE =
            aCluster().nodes(2).with("redis.uri", RELAY.uri()).start();

    @Test
    void withPostgresItIsHealed() throws Exception {
        assertHealed(WITH_POSTGRES, "spoilt-postgres");
    }

    @Test
    void withRedisAloneItIsHealed() throws Exception {
        assertHealed(WITH_REDIS_ALONE, "spoilt-redis");
    }

    private static void assertHealed(TestCluster cluster, String room) throws Exception {
        long dropped = RELAY.dropped();
        long doubled = RELAY.doubled();
        long swapped = RELAY.swapped();
        Ledger.Report report = new RestlessCrowd(cluster, room, System.nanoTime()).run(150, () -> {});
        assertThat(report.acked()).isEqualTo(900);
        assertThat(report.gaps()).isZero();
        assertThat(report.anew()).isZero();
        assertThat(RELAY.dropped() - dropped).as("dropped").isGreaterThan(50);
        assertThat(RELAY.doubled() - doubled).as("doubled").isGreaterThan(50);
        assertThat(RELAY.swapped() - swapped).as("swapped").isGreaterThan(50);
    }
}
