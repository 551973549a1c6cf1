package io.roomwire.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.NetUtil;
import io.roomwire.config.Network;
import io.roomwire.connection.Client;
import io.roomwire.ops.Metrics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyProtocolTest {
    private static final InetSocketAddress BALANCER = new InetSocketAddress(address("10.1.2.3"), 4711);
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String NINE_TO_TEN = "09080706" + "0a000001" + "3039" + "1f90";

    @AutoClose
    private final Metrics metrics = new Metrics();

    private final ProxyProtocol protocol =
            new ProxyProtocol(List.of(network("10.0.0.0", 8), network("fd00::", 8)), metrics);

    private final EmbeddedChannel channel = new EmbeddedChannel() {
        @Override
        protected SocketAddress remoteAddress0() {
            return BALANCER;
        }
    };

    ProxyProtocolTest() {
        protocol.expectHeader(channel);
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(text));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Network network(String address, int prefixLength) {
        return new Network(address(address), prefixLength);
    }

    private static byte[] v2(String rest) {
        return HexFormat.of().parseHex(SIGNATURE + rest);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void receive(byte[] bytes) {
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        } finally {
            channel.checkException();
        }
    }

    private String passedOn() {
        StringBuilder passed = new StringBuilder();
        for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
            passed.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        return passed.toString();
    }

    private double refused() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("roomwire_handshakes_refused_total{reason=\"proxy_header\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private void assertClient(String address) {
        assertThat(Client.of(channel)).isEqualTo(address(address));
        assertThat(channel.pipeline().names())
                .as("only the tail is left")
                .containsExactly(channel.pipeline().names().get(0));
        assertThat(refused()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0,true",
        "10.255.255.255,true",
        "11.0.0.0,false",
        "fd12:3456::1,true",
        "fe80::1,false",
        "127.0.0.1,false"
    })
    void aHeaderIsRequiredFromTheTrustedNetworksAlone(String peer, boolean required) {
        assertThat(protocol.isRequiredFrom(new InetSocketAddress(address(peer), 1)))
                .isEqualTo(required);
    }

    @Test
    void withoutTrustedNetworksNoHeaderIsExpected() {
        assertThat(new ProxyProtocol(List.of(), metrics).isRequiredFrom(BALANCER))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 9.8.7.6 10.0.0.1 12345 8080, 9.8.7.6",
        "PROXY TCP6 2001:db8::9 fd00::1 12345 8080, 2001:db8::9",
        "PROXY TCP6 ::ffff:9.8.7.6 fd00::1 12345 8080, 9.8.7.6",
        "PROXY UNKNOWN, 10.1.2.3",
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535, 10.1.2.3"
    })
    void version1NamesTheClient(String header, String client) {
        receive(ascii(header + "\r\nGET /"));
        assertClient(client);
        assertThat(passedOn()).isEqualTo("GET /");
    }

    @ParameterizedTest
    @CsvSource({
        "IPv4, 2111000c" + NINE_TO_TEN + ", 9.8.7.6",
        "TLVs are passed over, 21110013" + NINE_TO_TEN + "05000441424344, 9.8.7.6",
        "IPv6, 21210024" + "20010db8000000000000000000000009fd000000000000000000000000000001" + "30391f90"
                + ", 2001:db8::9",
        "LOCAL: a health check, 20000000, 10.1.2.3",
        "LOCAL with an address that does not count, 2011000c" + NINE_TO_TEN + ", 10.1.2.3",
        "AF_UNSPEC, 21000000, 10.1.2.3"
    })
    void version2NamesTheClient(String what, String header, String client) {
        receive(v2(header + "474554202f"));
        assertClient(client);
        assertThat(passedOn()).as(what).isEqualTo("GET /");
    }

    @Test
    void aUnixSocketIsNoAddress() {
        receive(v2("213100d8" + "2f746d7000".repeat(43) + "00"));
        assertClient("10.1.2.3");
    }

    @Test
    void aHeaderMayComeByteByByte() {
        for (byte each : v2("2111000c" + NINE_TO_TEN + "474554202f")) {
            receive(new byte[] {each});
        }
        assertClient("9.8.7.6");
        assertThat(passedOn()).isEqualTo("GET /");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n",
                "PROXY TCP4 9.8.7.6\r\n",
                "PROXY TCP4 9.8.7.256 10.0.0.1 12345 8080\r\n",
                "PROXY TCP4 localhost 10.0.0.1 12345 8080\r\n",
                "PROXY TCP4 9.8.7.6 10.0.0.1 12345 65536\r\n",
                "PROXY UDP4 9.8.7.6 10.0.0.1 12345 8080\r\n",
            })
    void withoutAGoodHeaderTheConnectionIsClosedAndCounted(String garbage) {
        receive(ascii(garbage));
        assertRefused();
    }

    @Test
    void aLineWithoutAnEndIsRefused() {
        receive(ascii("x".repeat(200)));
        assertRefused();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3111000c" + NINE_TO_TEN, // version 3
                "2211000c" + NINE_TO_TEN, // a command that there is not
                "21110004" + "09080706", // too short for its family
                "21110012" + NINE_TO_TEN + "0500ff414243" // a TLV beyond the end
            })
    void aBrokenVersion2IsRefused(String header) {
        receive(v2(header));
        assertRefused();
    }

    private void assertRefused() {
        assertThat(channel.isOpen()).isFalse();
        assertThat(passedOn()).isEmpty();
        channel.runPendingTasks();
        assertThat(refused()).isEqualTo(1);
    }

    @Test
    void whoseTimeRunsOutIsCounted() {
        receive(ascii("PROXY"));
        channel.pipeline().close();
        assertRefused();
    }

    /** A balancer that only looks whether the port is open. */
    @Test
    void whoGoesWithoutAWordIsNotCounted() {
        channel.unsafe().close(channel.voidPromise());
        assertThat(refused()).isZero();
    }
}
