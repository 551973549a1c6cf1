package io.roomwire.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisCommandExecutionException;
import io.roomwire.config.Config.Redis;
import io.roomwire.config.ConfigException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Real servers with users that lack one thing each. */
class RedisRequirementsTest {
    /** Nothing depends on whether these are answered, or Lettuce says at once that it cannot go on. */
    private static final Set<String> NOT_ASKED =
            Set.of("unsubscribe", "sunsubscribe", "cluster|nodes", "cluster|myid", "client|setname");

    private static final List<String> OF_A_CLUSTER = List.of("spublish", "ssubscribe");

    @AutoClose
    private final RedisProcess server = RedisProcess.standalone();

    private static List<String> commands() {
        return Stream.of(RedisAccessTest.rule().split(" ", -1))
                .filter(word -> word.startsWith("+"))
                .map(word -> word.substring(1))
                .filter(command -> !NOT_ASKED.contains(command))
                .filter(command -> !OF_A_CLUSTER.contains(command))
                .toList();
    }

    private static void check(Redis config) {
        try (RedisClients clients = RedisProcess.connect(config)) {
            new RedisRequirements(clients).check();
        }
    }

    private void assertThatItLacks(String words) {
        assertThatThrownBy(() -> check(RedisAccessTest.asUser(server.config())))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("redis.uri: ")
                .hasMessageContaining("127.0.0.1:" + server.port())
                .hasMessageContaining(words)
                .hasMessageContaining("docs/redis.md")
                .hasMessageNotContaining("password");
    }

    /** At once where there is a right to delete, else soon. */
    private void assertThatNothingStays() {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            List<String> keys = server.ask(commands -> commands.keys("*"));
            return keys.isEmpty();
        });
    }

    @Test
    void theDocumentedRightsAreEnoughAndNothingIsLeft() {
        RedisAccessTest.allow(server);
        check(RedisAccessTest.asUser(server.config()));
        assertThatNothingStays();
    }

    @Test
    void eachRightThatIsMissingIsNamed() {
        RedisAccessTest.allow(server);
        for (String command : commands()) {
            server.acl("SETUSER roomwire -" + command);
            if (command.equals("ping")) { // without it there is no connection
                assertThatThrownBy(() -> check(RedisAccessTest.asUser(server.config())))
                        .hasMessageContaining("ping");
            } else {
                assertThatItLacks("no right to run " + command);
            }
            server.acl("SETUSER roomwire +" + command);
        }
        assertThatNothingStays();
    }

    @Test
    void aClusterIsAskedForShardedChannelsAtEachOfItsServers() {
        try (RedisClusterProcess servers = new RedisClusterProcess()) {
            servers.all().forEach(RedisAccessTest::allow);
            Redis config = RedisAccessTest.asUser(servers.config());
            assertThatCode(() -> check(config)).doesNotThrowAnyException();
            for (String command : Stream.concat(OF_A_CLUSTER.stream(), Stream.of("hrandfield"))
                    .toList()) {
                RedisProcess last = servers.all().skip(1).findFirst().orElseThrow();
                last.acl("SETUSER roomwire -" + command);
                assertThatThrownBy(() -> check(config))
                        .as(command)
                        .isInstanceOf(ConfigException.class)
                        .hasMessageContaining("no right to run " + command);
                last.acl("SETUSER roomwire +" + command);
            }
        }
    }

    @Test
    void aUserWithoutChannelsAsRedis7MakesItIsRefused() {
        RedisAccessTest.allow(server);
        server.acl("SETUSER roomwire resetchannels");
        assertThatItLacks("no right to the channels rw:*");
    }

    @Test
    void aUserWithOtherKeysIsRefused() {
        RedisAccessTest.allow(server);
        server.acl("SETUSER roomwire resetkeys ~other:*");
        assertThatItLacks("no right to the keys rw:*");
    }

    @Test
    void oneThatComesLaterIsAskedThen() {
        RedisAccessTest.allow(server);
        server.acl("SETUSER roomwire resetchannels");
        server.ask(commands -> commands.aclList());
        server.pause();
        Redis config = RedisAccessTest.asUser(server.config());
        try (RedisClients clients = new RedisClients(new Redis(config.uri(), config.mode(), 300, ""))) {
            assertThat(clients.start()).isNotNull();
            RedisRequirements required = new RedisRequirements(clients);
            clients.listen(required);
            required.checkWhenUp();
            assertThat(required.lack()).isNull();

            server.resume();

            await().atMost(Duration.ofSeconds(20)).until(() -> required.lack() != null);
            assertThat(required.lack()).contains("no right to the channels");
        }
    }

    @Test
    void anOlderServerDoesNotServe() {
        assertThat(RedisVersion.of("# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone"))
                .hasToString("6.0")
                .matches(found -> found.isBefore(new RedisVersion(6, 2)))
                .matches(found -> !found.isBefore(new RedisVersion(5, 9)));
        assertThat(RedisVersion.of("# Server\nvalkey_version:8.0.1\nredis_version:7.2.4\n"))
                .isEqualTo(new RedisVersion(7, 2));
        assertThat(RedisVersion.of("server_name:another")).isNull();
        assertThat(RedisRequirements.lacking(
                        "HRANDFIELD",
                        "rw:*",
                        new RedisCommandExecutionException(
                                "ERR unknown command `HRANDFIELD`, with args beginning with:")))
                .isEqualTo("it has no command HRANDFIELD");
    }
}
