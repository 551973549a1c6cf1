package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {
    private static Hosts hosts(String... flags) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < flags.length; i += 2) {
            all.put(flags[i], flags[i + 1]);
        }
        return Config.of(Settings.load(null, Map.of(), all)).hosts();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1",
                "127.0.0.1:8080",
                "10.1.2.3:8081",
                "[::1]:8080",
                "[::ffff:127.0.0.1]",
                "localhost",
                "LocalHost:8080",
                "demo.localhost",
                "node1:8081",
                "roomwire.default.svc.cluster.local:8081",
                "vm.c.project.internal"
            })
    void whatNoStrangersPageCanBeCalledPasses(String host) {
        assertThat(hosts().admit(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example.com",
                "evil.example.com:8080",
                "evil.example.com.",
                "127.0.0.1.evil.example.com",
                "localhost.evil.example.com:80",
                "1.2.3.4.nip.io",
                "[::1].evil.example.com"
            })
    void aNameThatAStrangersPageCanHaveDoesNot(String host) {
        assertThat(hosts().admit(host)).isFalse();
        assertThat(hosts("hosts.allowed", "rooms.example.com").admit(host)).isFalse();
        assertThat(hosts("hosts.allowed", "*").admit(host)).isTrue();
    }

    @Test
    void namesOfTheConfigurationPass() {
        Hosts hosts = hosts("hosts.allowed", "Rooms.example.com", "ops-host", "ops.example.com");
        assertThat(hosts.admit("rooms.example.com:8080")).isTrue();
        assertThat(hosts.admit("ROOMS.example.com.")).isTrue();
        assertThat(hosts.admit("ops.example.com:8081")).isTrue();
    }

    @Test
    void theClientsPortLooksAtItWhereNothingElseGuardsIt() {
        assertThat(hosts().onClientPort()).isTrue();
        assertThat(hosts("host", "0.0.0.0", "insecure", "true").onClientPort()).isFalse();
        Map<String, String> secret = Map.of("ROOMWIRE_AUTH_JWT_SECRET", "0123456789abcdef".repeat(4));
        assertThat(Config.of(Settings.load(null, secret, Map.of())).hosts().onClientPort())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://rooms.example.com", "rooms.example.com:8080", "rooms example", "*.example.com"})
    void whatCanStandInNoHostIsRefused(String name) {
        assertThatThrownBy(() -> hosts("hosts.allowed", name)).hasMessageContaining("hosts.allowed");
    }
}
