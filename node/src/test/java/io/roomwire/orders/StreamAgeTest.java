package io.roomwire.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StreamAgeTest {
    private static final long T0_MS = 1_800_000_000_000L;
    private static final long KEPT_MS = StreamAge.KEPT_MS;

    private final StreamAge age = new StreamAge();

    private void look(long idMs, long atS) {
        age.look(idMs + "-3", TimeUnit.SECONDS.toNanos(atS));
    }

    @Test
    void atFirstNothingIsOld() {
        assertThat(age.oldestKept()).isEqualTo("0");
        look(T0_MS, 0);
        assertThat(age.oldestKept()).isEqualTo("0");
    }

    @Test
    void anEmptyStreamHasNothingOld() {
        age.look("0-0", 0);
        age.look("0-0", TimeUnit.HOURS.toNanos(1));
        assertThat(age.oldestKept()).isEqualTo("0");
    }

    @Test
    void whatIsFiveMinutesOlderThanTheNewestOfAMinuteAgoIsOld() {
        look(T0_MS, 0);
        look(T0_MS + 60_000, 60);
        assertThat(age.oldestKept()).isEqualTo(String.valueOf(T0_MS - KEPT_MS));
        look(T0_MS + 120_000, 120);
        assertThat(age.oldestKept()).isEqualTo(String.valueOf(T0_MS + 60_000 - KEPT_MS));
    }

    @Test
    void whenTheServersClockStepsAheadWhatWaitsIsKeptForAMinute() {
        long steppedMs = T0_MS + TimeUnit.HOURS.toMillis(1);
        look(T0_MS, 0);
        look(T0_MS + 59_000, 59);
        look(steppedMs, 60); // ordered at T0 + 59 s, and perhaps not read by all
        look(steppedMs + 59_000, 119);
        assertThat(age.oldestKept()).isEqualTo(String.valueOf(T0_MS - KEPT_MS));
        look(steppedMs + 60_000, 120);
        assertThat(age.oldestKept()).isEqualTo(String.valueOf(steppedMs - KEPT_MS));
    }

    @Test
    void whoWasAwayGoesOnFromWhereItWasOrFromWhatIsNotOld() {
        String id = T0_MS + "-3";
        assertThat(StreamAge.notBefore(id, T0_MS + KEPT_MS)).isEqualTo(id);
        assertThat(StreamAge.notBefore(id, T0_MS + KEPT_MS + 1)).isEqualTo((T0_MS + 1) + "-0");
        assertThat(StreamAge.notBefore("0-0", T0_MS)).isEqualTo((T0_MS - KEPT_MS) + "-0");
    }
}
