package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.roomwire.auth.UserLimits;
import io.roomwire.config.Config;
import io.roomwire.config.Config.Limits;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HttpRatesTest {
    private static final UserId ADA = new UserId("ada");
    private static final UserId BOB = new UserId("bob");

    private long nowNs;

    private HttpRates rates(int perSecond, int burst) {
        return new HttpRates(
                new Limits(0, 0, 0, 0, 0, 0, 0, 0, perSecond, burst, 0, new Config.Quota(0, 0, 0, 0), 0), () -> nowNs);
    }

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static int passed(int tries, Runnable request) {
        int passed = 0;
        for (int i = 0; i < tries; i++) {
            try {
                request.run();
                passed++;
            } catch (RequestException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED);
                assertThat(e.retryAfterMs()).isPositive();
            }
        }
        return passed;
    }

    @Test
    void eachUserAndEachAddressHasTheNodesLimitForItself() {
        HttpRates rates = rates(10, 20);
        assertThat(passed(50, () -> rates.count(ADA, UserLimits.NONE))).isEqualTo(20);
        assertThat(passed(50, () -> rates.count(BOB, UserLimits.NONE))).isEqualTo(20);
        assertThat(passed(50, () -> rates.count(address(1)))).isEqualTo(20);
        assertThat(passed(50, () -> rates.count(address(2)))).isEqualTo(20);

        nowNs += TimeUnit.SECONDS.toNanos(1);
        assertThat(passed(50, () -> rates.count(ADA, UserLimits.NONE))).isEqualTo(10);
    }

    @Test
    void tokensThatAreStillToBeCheckedAreCountedUnlessTheyWereGood() {
        HttpRates rates = rates(10, 20);
        assertThat(passed(50, () -> rates.countUnchecked(address(1), "alice"))).isEqualTo(20);
        assertThat(passed(50, () -> rates.countUnchecked(address(1), ""))).isEqualTo(20);
        assertThat(passed(50, () -> rates.countUnchecked(address(2), "alice"))).isEqualTo(20);
        assertThat(passed(50, () -> rates.wasGood(rates.countUnchecked(address(3), "bob"))))
                .isEqualTo(50);
    }

    @Test
    void inventedUsersGiveAnAddressNoMoreThanItsParts() {
        HttpRates rates = rates(1, 1);
        int[] number = {0};
        assertThat(passed(10_000, () -> rates.countUnchecked(address(1), "user-" + number[0]++)))
                .isBetween(32, 64);
    }

    @Test
    void aTokenMayAllowItsUserLess() {
        UserLimits one = new UserLimits(0, 1);
        HttpRates rates = rates(10, 20);
        assertThat(passed(50, () -> rates.count(ADA, one))).isEqualTo(2);

        HttpRates off = rates(0, 1);
        assertThat(passed(50, () -> off.count(ADA, one))).isEqualTo(2);
        assertThat(passed(50, () -> off.count(BOB, UserLimits.NONE))).isEqualTo(50);
    }

    @Test
    void whatIsKeptOfAttackersIsBoundedAndGoes() {
        HttpRates rates = rates(10, 20);
        for (int i = 0; i < 2 * HttpRates.MAX_KEPT; i++) {
            rates.count(address(i));
        }
        assertThat(rates.kept()).isPositive().isLessThanOrEqualTo(HttpRates.MAX_KEPT);

        nowNs += TimeUnit.SECONDS.toNanos(4);
        long kept = rates.kept();
        for (int i = 0; kept > 0 && i < HttpRates.MAX_KEPT; i++) { // a cleaning takes a share at a time
            kept = rates.kept();
        }
        assertThat(kept).isZero();
    }

    @Test
    void whoGoesOnAskingIsNotForgotten() {
        HttpRates rates = rates(1, 1);
        rates.count(ADA, UserLimits.NONE);
        for (int i = 0; i < 100; i++) {
            nowNs += TimeUnit.MILLISECONDS.toNanos(500);
            if (i % 2 == 0) {
                assertThatExceptionOfType(RequestException.class).isThrownBy(() -> rates.count(ADA, UserLimits.NONE));
            } else {
                rates.count(ADA, UserLimits.NONE);
            }
        }
        assertThat(rates.kept()).isEqualTo(1);
    }
}
