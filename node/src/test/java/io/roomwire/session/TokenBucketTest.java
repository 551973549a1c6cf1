package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class TokenBucketTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long MS_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static int passed(TokenBucket bucket, int tries, long nowNs) {
        int passed = 0;
        for (int i = 0; i < tries; i++) {
            passed += bucket.take(nowNs) == 0 ? 1 : 0;
        }
        return passed;
    }

    @Example
    void aBurstPassesAtOnceAndNoMore() {
        assertThat(passed(new TokenBucket(10, 25, 0), 100, 0)).isEqualTo(25);
    }

    @Example
    void afterTheBurstItFillsAtTheRate() {
        TokenBucket bucket = new TokenBucket(10, 25, 0);
        passed(bucket, 25, 0);

        assertThat(bucket.take(99 * MS_NS)).isPositive();
        assertThat(passed(bucket, 100, SECOND_NS)).isEqualTo(10);
        assertThat(passed(bucket, 100, SECOND_NS + 300 * MS_NS)).isEqualTo(3);
    }

    @Example
    void aLongSilenceGivesNoMoreThanTheBurst() {
        TokenBucket bucket = new TokenBucket(10, 25, 0);
        passed(bucket, 25, 0);

        assertThat(passed(bucket, 100, TimeUnit.DAYS.toNanos(30))).isEqualTo(25);
    }

    @Example
    void aRateOfZeroIsNoLimit() {
        assertThat(passed(new TokenBucket(0, 1, 0), 10_000, 0)).isEqualTo(10_000);
    }

    @Example
    void theClockMayBeginAnywhere() {
        long nearOverflow = Long.MAX_VALUE - SECOND_NS / 2;
        TokenBucket bucket = new TokenBucket(10, 5, nearOverflow);
        passed(bucket, 5, nearOverflow);

        assertThat(passed(bucket, 10, nearOverflow + SECOND_NS)).isEqualTo(5);
        TokenBucket negative = new TokenBucket(10, 5, -SECOND_NS);
        passed(negative, 5, -SECOND_NS);
        assertThat(passed(negative, 10, -SECOND_NS + 200 * MS_NS)).isEqualTo(2);
    }

    @Property
    void whoWaitsAsLongAsItWasToldPassesAndNotMuchSooner(
            @ForAll @IntRange(min = 1, max = 1000) int perSecond,
            @ForAll @IntRange(min = 1, max = 50) int burst,
            @ForAll @LongRange(max = 1_000_000) long pauseNs) {
        TokenBucket bucket = new TokenBucket(perSecond, burst, 0);
        passed(bucket, burst, 0);
        TokenBucket same = new TokenBucket(perSecond, burst, 0);
        passed(same, burst, 0);

        long waitMs = bucket.take(pauseNs);
        if (waitMs == 0) {
            assertThat(pauseNs * perSecond).isGreaterThanOrEqualTo(SECOND_NS - 1);
            return;
        }
        same.take(pauseNs);
        assertThat(bucket.take(pauseNs + waitMs * MS_NS)).isZero();
        if (waitMs > 1) {
            assertThat(same.take(pauseNs + (waitMs - 1) * MS_NS)).isPositive();
        }
    }

    @Property
    void inNoRunOfRequestsMoreThanBurstAndRatePass(
            @ForAll @IntRange(min = 1, max = 100) int perSecond,
            @ForAll @IntRange(min = 1, max = 20) int burst,
            @ForAll List<@LongRange(max = 50_000_000) Long> pausesNs) {
        TokenBucket bucket = new TokenBucket(perSecond, burst, 0);
        long now = 0;
        int passed = 0;
        for (long pause : pausesNs) {
            now += pause;
            passed += bucket.take(now) == 0 ? 1 : 0;
        }

        assertThat((double) passed).isLessThanOrEqualTo(burst + (double) now * perSecond / SECOND_NS + 1e-6);
    }
}
