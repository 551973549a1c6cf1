package io.roomwire.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.config.Config;
import io.roomwire.config.Config.Limits;
import io.roomwire.protocol.CloseCode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final InetAddress HERE = address(1);
    private static final InetAddress THERE = address(2);

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Admission admission(int connections, int perAddress) {
        return new Admission(
                new Limits(connections, 0, perAddress, 0, 0, 0, 0, 0, 0, 1, 0, new Config.Quota(0, 0, 0, 0), 0));
    }

    @Test
    void oneMoreThanTheLimitHasToComeBackLater() {
        Admission admission = admission(2, 0);
        assertThat(admission.enter(HERE)).isNull();
        assertThat(admission.enter(THERE)).isNull();

        assertThat(admission.enter(THERE)).isEqualTo(CloseCode.TRY_AGAIN_LATER);
        assertThat(admission.count()).isEqualTo(2);
    }

    @Test
    void whoLeavesMakesPlaceForOne() {
        Admission admission = admission(1, 0);
        admission.enter(HERE);
        admission.enter(HERE);
        admission.leave(HERE);

        assertThat(admission.enter(THERE)).isNull();
        assertThat(admission.enter(THERE)).isEqualTo(CloseCode.TRY_AGAIN_LATER);
    }

    @Test
    void addressesAreCountedEachByItself() {
        Admission admission = admission(0, 1);
        assertThat(admission.enter(HERE)).isNull();

        assertThat(admission.enter(HERE)).isEqualTo(CloseCode.TOO_MANY_CONNECTIONS);
        assertThat(admission.enter(THERE)).isNull();
    }

    @Test
    void aNetworkOf64BitsOfIpv6IsOneAddress() throws UnknownHostException {
        Admission admission = admission(0, 1);
        assertThat(admission.enter(InetAddress.getByName("2001:db8::1"))).isNull();
        assertThat(admission.enter(InetAddress.getByName("2001:db8::ffff:2")))
                .isEqualTo(CloseCode.TOO_MANY_CONNECTIONS);
        assertThat(admission.enter(InetAddress.getByName("2001:db8:0:1::1"))).isNull();

        admission.leave(InetAddress.getByName("2001:db8::1"));
        assertThat(admission.enter(InetAddress.getByName("2001:db8::3"))).isNull();
    }

    @Test
    void whoIsNoWebSocketYetIsCountedBesideThem() {
        Admission admission = admission(0, 1);
        for (int i = 0; i < 9; i++) {
            assertThat(admission.handshakeBeginsFrom(HERE)).isTrue();
        }
        assertThat(admission.handshakeBeginsFrom(HERE)).isFalse();
        assertThat(admission.handshakeBeginsFrom(THERE)).isTrue();
        assertThat(admission.enter(HERE)).isNull();

        admission.handshakeEndsFrom(HERE);
        assertThat(admission.handshakeBeginsFrom(HERE)).isTrue();
        assertThat(admission.handshakeBeginsFrom(HERE)).isFalse();
    }

    @Test
    void whoWasNotLetInTakesNoPlace() {
        Admission admission = admission(2, 1);
        admission.enter(HERE);
        for (int i = 0; i < 10; i++) {
            assertThat(admission.enter(HERE)).isEqualTo(CloseCode.TOO_MANY_CONNECTIONS);
        }

        assertThat(admission.count()).isEqualTo(1);
        assertThat(admission.enter(THERE)).isNull();
        admission.leave(HERE);
        assertThat(admission.enter(HERE)).isNull();
        assertThat(admission.enter(address(3))).isEqualTo(CloseCode.TRY_AGAIN_LATER);
        admission.leave(THERE);
        assertThat(admission.enter(address(3)))
                .as("a refusal for lack of place is no visit")
                .isNull();
    }

    @Test
    void zeroIsNoLimit() {
        Admission admission = admission(0, 0);
        for (int i = 0; i < 1000; i++) {
            assertThat(admission.enter(HERE)).isNull();
        }

        assertThat(admission.count()).isEqualTo(1000);
    }
}
