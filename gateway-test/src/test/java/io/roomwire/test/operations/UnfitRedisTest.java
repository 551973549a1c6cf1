package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import io.roomwire.test.cluster.Jar.Result;
import io.roomwire.test.cluster.TestProxy;
import io.roomwire.test.cluster.TestRedis;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A Redis with which a node could never do all that it promises: it does not start, and says what is missing. */
class UnfitRedisTest {
    @AutoClose
    private final TestRedis redis = TestRedis.process();

    private static void assertThatNoNodeStarts(String uri, String why) {
        Result result = Jar.run(Map.of(), "serve", "--port", "0", "--ops-port", "0", "--redis", uri);
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).contains("roomwire: redis.uri: ", why);
    }

    @Test
    void aRightThatIsMissingEndsTheStart() {
        redis.refuse("info", "subscribe");
        assertThatNoNodeStarts(
                redis.uri(), "its user has no right to run info; its user has no right to run subscribe");
    }

    @Test
    void aVersionThatIsTooOldEndsTheStart() {
        try (TestProxy proxy = TestProxy.before(redis)) {
            proxy.replace("redis_version:7.0", "redis_version:6.0");
            assertThatNoNodeStarts(proxy.uri(), "it is version 6.0, and 6.2 is the lowest that serves");
        }
    }
}
