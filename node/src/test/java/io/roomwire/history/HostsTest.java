package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostsTest {
    @Test
    void eachHostOfAUrlIsAskedByItself() {
        Hosts hosts = new Hosts("jdbc:postgresql://a:1,[::1]:2,c/db?ssl=true&x=a,b");

        assertThat(hosts.areSeveral()).isTrue();
        assertThat(hosts.inOrder())
                .containsExactly(
                        "jdbc:postgresql://a:1/db?ssl=true&x=a,b",
                        "jdbc:postgresql://[::1]:2/db?ssl=true&x=a,b",
                        "jdbc:postgresql://c/db?ssl=true&x=a,b");
    }

    @Test
    void theOneThatWasRightIsAskedFirst() {
        Hosts hosts = new Hosts("jdbc:postgresql://a,b,c/db");
        assertThat(hosts.isKnown()).isFalse();

        hosts.isBest("jdbc:postgresql://b/db");

        assertThat(hosts.isKnown()).isTrue();
        assertThat(hosts.inOrder())
                .containsExactly("jdbc:postgresql://b/db", "jdbc:postgresql://a/db", "jdbc:postgresql://c/db");
        assertThat(hosts.others()).containsExactly("jdbc:postgresql://a/db", "jdbc:postgresql://c/db");
    }

    @Test
    void aUrlOfOneOrOfNoHostStaysAsItIs() {
        assertThat(new Hosts("jdbc:postgresql://a/db").inOrder()).containsExactly("jdbc:postgresql://a/db");
        assertThat(new Hosts("jdbc:postgresql:db").inOrder()).containsExactly("jdbc:postgresql:db");
    }
}
