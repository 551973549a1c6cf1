package io.roomwire.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisURI;
import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisAddressTest {
    private static List<RedisURI> of(String uri, RedisMode mode) {
        return RedisAddress.of(new Redis(uri, mode, 1000, ""));
    }

    @ParameterizedTest
    @CsvSource({
        "redis://my_redis, my_redis, 6379, 0",
        "redis://my_redis:6380, my_redis, 6380, 0",
        "redis://my_user:my_redis@my_redis:6380/3, my_redis, 6380, 3",
        "redis://:p_w@a-b_c.d_e/1, a-b_c.d_e, 6379, 1",
        "redis://plain:7/2, plain, 7, 2",
    })
    void aHostMayHaveAnUnderscore(String uri, String host, int port, int database) {
        RedisURI found = of(uri, RedisMode.STANDALONE).get(0);

        assertThat(found.getHost()).isEqualTo(host);
        assertThat(found.getPort()).isEqualTo(port);
        assertThat(found.getDatabase()).isEqualTo(database);
    }

    @Test
    void theUserInFrontOfAHostWithAnUnderscoreStays() {
        RedisURI found = of("redis://my_user:my_redis@my_redis:6380", RedisMode.STANDALONE)
                .get(0);

        RedisCredentials credentials =
                found.getCredentialsProvider().resolveCredentials().block();
        assertThat(credentials.getUsername()).isEqualTo("my_user");
        assertThat(credentials.getPassword()).isEqualTo("my_redis".toCharArray());
    }

    @Test
    void soMayHostsOfAClusterAndOfSentinels() {
        assertThat(of("redis://node_1:7001,node-2,node_3:7003", RedisMode.CLUSTER))
                .extracting(each -> each.getHost() + " " + each.getPort())
                .containsExactly("node_1 7001", "node-2 6379", "node_3 7003");
        RedisURI watched =
                of("redis-sentinel://s_1:26380,s-2#main", RedisMode.SENTINEL).get(0);
        assertThat(watched.getSentinels())
                .extracting(each -> each.getHost() + " " + each.getPort())
                .containsExactly("s_1 26380", "s-2 26379");
        assertThat(watched.getSentinelMasterId()).isEqualTo("main");
    }
}
