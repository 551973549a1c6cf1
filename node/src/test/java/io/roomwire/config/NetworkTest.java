package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {
    @ParameterizedTest
    @CsvSource({
        "2001:db8:1:2::1, 2001:db8:1:2:ffff::, true",
        "2001:db8:1:2::1, 2001:db8:1:3::1, false",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "::ffff:192.0.2.1, 192.0.2.1, true"
    })
    void aNetworkOf64BitsIsOneClient(String one, String other, boolean same) throws UnknownHostException {
        assertThat(Network.countedAs(InetAddress.getByName(one))
                        .equals(Network.countedAs(InetAddress.getByName(other))))
                .isEqualTo(same);
    }
}
