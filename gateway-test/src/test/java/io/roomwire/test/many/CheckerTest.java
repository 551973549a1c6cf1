package io.roomwire.test.many;

import static io.roomwire.test.cluster.TestCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.PostgresPair;
import io.roomwire.test.cluster.RedisProxy;
import io.roomwire.test.cluster.TestCluster;
import io.roomwire.test.cluster.TestRedis;
import io.roomwire.test.many.Checker.Outcome;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nothing acked is ever lost, doubled or reordered, while nodes, Redis and PostgreSQL are killed and paused under load, a
 * standby is promoted, and the relay spoils some of what it carries.
 *
 * <p>{@code -Droomwire.checker.minutes} makes it longer, {@code -Droomwire.checker.seed} makes it another: the faults and
 * their order come from it, though not the instant within a message at which each happens.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS)
class CheckerTest {
    private static final Duration SHORT = Duration.ofSeconds(15);
    private static final long SEED = Long.getLong("roomwire.checker.seed", 4);

    /** Of what the relay carries. */
    private static final double SPOILT = 0.02;

    private static final @Nullable Integer MINUTES = Integer.getInteger("roomwire.checker.minutes");

    /**
     * A healed fault has to be forgotten within 5 s. The short form runs wherever the build does, beside whatever else
     * there is to do: at ten times too little CPU, 5 s are no measure of a node.
     */
    private static final Duration LONGEST_STALL =
            Duration.ofSeconds(Long.getLong("roomwire.checker.stall-seconds", MINUTES == null ? 30 : 5));

    private static Duration length() {
        return MINUTES == null ? SHORT : Duration.ofMinutes(MINUTES);
    }

    /** Sooner than by default, so that a pause may outlast it. */
    private static TestCluster.Builder threeNodes(RedisProxy relay) {
        return aCluster()
                .nodes(3)
                .jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC") // they start again and again
                .with("redis.uri", relay.uri())
                .with("presence.heartbeat", "1s")
                .with("presence.timeout", "4s");
    }

    /** Each start of PostgreSQL and each promotion is a new epoch, and has all that was acked: nobody is excused from anything. */
    @Test
    void withPostgresNothingAckedIsLostDoubledOrReordered() throws Exception {
        try (TestRedis redis = TestRedis.process();
                PostgresPair postgres = PostgresPair.start();
                RedisProxy relay = RedisProxy.before(redis, SEED).spoil(SPOILT);
                TestCluster cluster =
                        threeNodes(relay).with("postgres.uri", postgres.uri()).start()) {
            Faults faults = new Faults(SEED).nodes(cluster.nodes()).redis(redis).postgres(postgres);
            Outcome outcome = new Checker(cluster, "postgres", faults, SEED).run(length(), LONGEST_STALL);
            print("with PostgreSQL", outcome, relay);
            assertThat(outcome.gaps()).as("nothing is past retention").isZero();
            assertThat(outcome.anew())
                    .as("PostgreSQL was started again, a standby was promoted")
                    .isPositive();
        }
    }

    /** Each start of Redis is a new epoch, and its file has all that was acked: nobody is excused from anything. */
    @Test
    void withRedisAloneNothingAckedIsLostDoubledOrReordered() throws Exception {
        try (TestRedis redis = TestRedis.keeping();
                RedisProxy relay = RedisProxy.before(redis, SEED).spoil(SPOILT);
                TestCluster cluster = threeNodes(relay)
                        .with("redis-log.messages-per-room", 10_000_000)
                        .start()) {
            Faults faults = new Faults(SEED).nodes(cluster.nodes()).redis(redis);
            Outcome outcome = new Checker(cluster, "redis", faults, SEED).run(length(), LONGEST_STALL);
            print("with Redis alone", outcome, relay);
            assertThat(outcome.gaps()).as("nothing is past retention").isZero();
            assertThat(outcome.anew()).as("Redis was started again").isPositive();
        }
    }

    private static void print(String form, Outcome outcome, RedisProxy relay) {
        System.out.printf(
                "checker %s, seed %d: %d faults, %d acked, %d comebacks, %d times told of a new epoch, longest stall"
                        + " %.2f s, %s%n",
                form,
                SEED,
                outcome.faults(),
                outcome.acked(),
                outcome.comebacks(),
                outcome.anew(),
                outcome.longestStallS(),
                relay);
        outcome.rooms().forEach(room -> System.out.println("  " + room));
        assertThat(outcome.comebacks()).as("the test has tested something").isGreaterThan(50);
        assertThat(relay.dropped()).isPositive();
    }
}
