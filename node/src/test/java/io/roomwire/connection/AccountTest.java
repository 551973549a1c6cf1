package io.roomwire.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountTest {
    private static final int PER_SECOND = 1000;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long MS_NS = TimeUnit.MILLISECONDS.toNanos(1);

    /** {@code nanoTime} begins anywhere, and overflows. */
    @ParameterizedTest
    @ValueSource(longs = {0, -5_000_000_000L, Long.MAX_VALUE - 500_000_000L})
    void whatFourSecondsAllowMayComeAtOnce(long startNs) {
        Account account = new Account(PER_SECOND, startNs);
        account.bytes(4 * PER_SECOND, false, startNs);
        assertThat(account.waitMs(startNs)).isZero();

        account.bytes(PER_SECOND / 2, false, startNs);
        assertThat(account.waitMs(startNs)).isBetween(500L, 501L);
        assertThat(account.waitMs(startNs + SECOND_NS / 2)).isZero();
    }

    @Test
    void aStrangerHasA64thUntilATokenComes() {
        Account account = new Account(64 * PER_SECOND, 0);
        account.bytes(5 * PER_SECOND, true, 0);
        assertThat(account.waitMs(0)).isBetween(1000L, 1001L);

        account.settle(0);
        account.bytes(5 * PER_SECOND, false, 0);
        assertThat(account.waitMs(0)).isZero();
    }

    @Test
    void withoutALimitNothingIsOwed() {
        Account account = new Account(0, 0);
        account.bytes(Long.MAX_VALUE, true, 0);
        assertThat(account.waitMs(0)).isZero();
    }

    @Test
    void whoTakesMoreThanAFiftiethOfTheLoopIsHeavyUntilItHasRested() {
        Account account = new Account(PER_SECOND, 0);
        for (int i = 1; i <= 100; i++) { // 0.9 ms each 50 ms
            account.time(900_000, i * 50L * MS_NS);
            assertThat(account.isHeavy(i * 50L * MS_NS)).isFalse();
        }
        long nowNs = 5000 * MS_NS;
        account.time(2 * MS_NS, nowNs);
        assertThat(account.isHeavy(nowNs)).isTrue();
        assertThat(account.isHeavy(nowNs + 100 * MS_NS)).isFalse();
    }

    @Test
    void aMachineThatStoodStillMakesNobodyHeavyForLong() {
        Account account = new Account(PER_SECOND, 0);
        account.time(60 * SECOND_NS, 0);
        assertThat(account.isHeavy(SECOND_NS)).isFalse();
    }
}
