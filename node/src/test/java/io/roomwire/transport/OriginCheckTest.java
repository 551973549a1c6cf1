package io.roomwire.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.roomwire.config.Origins;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginCheckTest {
    private static final OriginCheck OWN = new OriginCheck(new Origins(Set.of()));
    private static final OriginCheck LISTED =
            new OriginCheck(new Origins(Set.of("https://app.example.com", "https://dev.example.com:8443")));
    private static final OriginCheck ALL = new OriginCheck(new Origins(Set.of("*")));

    private static HttpHeaders headers(String host, String... origins) {
        HttpHeaders headers = new DefaultHttpHeaders().set("Host", host);
        for (String origin : origins) {
            headers.add("Origin", origin);
        }
        return headers;
    }

    @Test
    void whatSendsNoOriginIsNoBrowserAndPasses() {
        assertThat(OWN.admits(headers("rooms.example.com"))).isTrue();
        assertThat(LISTED.admits(headers("rooms.example.com"))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "rooms.example.com, http://rooms.example.com",
        "rooms.example.com, https://rooms.example.com",
        "Rooms.Example.com:8080, http://rooms.example.com:8080",
        "[::1]:8080, http://[::1]:8080",
        "rooms.example.com:443, https://rooms.example.com",
        "rooms.example.com:80, http://rooms.example.com"
    })
    void theNodesOwnPagesPass(String host, String origin) {
        assertThat(OWN.admits(headers(host, origin))).isTrue();
        assertThat(LISTED.admits(headers(host, origin))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example.com",
                "https://rooms.example.com.evil.net",
                "https://evilrooms.example.com",
                "http://rooms.example.com:8081",
                "http://rooms.example.com/",
                "ftp://rooms.example.com:8080",
                "rooms.example.com:8080",
                "null",
                ""
            })
    void pagesFromElsewhereDoNot(String origin) {
        assertThat(OWN.admits(headers("rooms.example.com:8080", origin))).isFalse();
        assertThat(LISTED.admits(headers("rooms.example.com:8080", origin))).isFalse();
        assertThat(ALL.admits(headers("rooms.example.com:8080", origin))).isTrue();
    }

    @Test
    void listedOriginsPassAsTheyStand() {
        assertThat(LISTED.admits(headers("a", "https://app.example.com"))).isTrue();
        assertThat(LISTED.admits(headers("a", "HTTPS://App.example.com"))).isTrue();
        assertThat(LISTED.admits(headers("a", "https://dev.example.com:8443"))).isTrue();
        assertThat(LISTED.admits(headers("a", "https://dev.example.com"))).isFalse();
        assertThat(LISTED.admits(headers("a", "http://app.example.com"))).isFalse();
    }

    @Test
    void anotherPortThanTheSchemesOwnIsNotLeftOut() {
        assertThat(OWN.admits(headers("a:443", "http://a"))).isFalse();
        assertThat(OWN.admits(headers("a:80", "https://a"))).isFalse();
        assertThat(OWN.admits(headers("a:8443", "https://a"))).isFalse();
    }

    @Test
    void pagesFromFilesPassWhereTheyAreNamed() {
        OriginCheck named = new OriginCheck(new Origins(Set.of("null", "file://")));
        assertThat(named.admits(headers("a", "null"))).isTrue();
        assertThat(named.admits(headers("a", "file://"))).isTrue();
        assertThat(named.admits(headers("a", "https://evil.example.com"))).isFalse();
        assertThat(LISTED.admits(headers("a", "null"))).isFalse();
        assertThat(LISTED.admits(headers("a", "file://"))).isFalse();
    }

    @Test
    void twoOriginsAreNone() {
        assertThat(LISTED.admits(headers("a", "https://app.example.com", "https://evil.example.com")))
                .isFalse();
    }

    @Test
    void anEmptyHostIsNobodysOrigin() {
        assertThat(OWN.admits(headers("", "https://"))).isFalse();
    }
}
