package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.RoomId;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ForeignEpochsTest {
    private long nowNs;
    private final ForeignEpochs epochs = new ForeignEpochs(() -> nowNs);

    private void sawAfter(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
        epochs.saw(new RoomId("room"), "theirs", "ours");
    }

    @Test
    void someAfterAFailoverAreNoTrouble() {
        sawAfter(0);
        sawAfter(3000);
        sawAfter(1900);

        assertThat(epochs.trouble()).isNull();
        assertThat(epochs.seen()).isEqualTo(3);
    }

    @Test
    void thoseThatKeepComingAreTrouble() {
        sawAfter(0);
        sawAfter(3000);
        sawAfter(3000);

        assertThat(epochs.trouble()).contains("two servers");
    }

    @Test
    void troubleIsOverWhenNoneComeAnyMore() {
        sawAfter(0);
        sawAfter(3000);
        sawAfter(3000);
        nowNs += TimeUnit.SECONDS.toNanos(5);

        assertThat(epochs.trouble()).isNull();
        sawAfter(0);
        assertThat(epochs.trouble()).isNull();
    }
}
