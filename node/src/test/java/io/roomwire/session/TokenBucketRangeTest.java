package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketRangeTest {
    /** Every rate that limits.messages-per-second allows. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 1_000_000, Integer.MAX_VALUE})
    void aSilenceOfAYearNeverCostsTokens(int perSecond) {
        TokenBucket bucket = new TokenBucket(perSecond, 2, 0);

        assertThat(bucket.take(TimeUnit.DAYS.toNanos(365))).isZero();
    }
}
