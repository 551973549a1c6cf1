package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownHeadsTest {
    private final KnownHeads known = new KnownHeads(100);

    private void see(int from, int to) {
        for (int i = from; i < to; i++) {
            known.saw(new RoomId("room-" + i), new Head(1, "e"));
        }
    }

    @Test
    void aServerIsToldOnceHoweverManyConnectionsAreMade() {
        see(0, 10);
        List<Map.Entry<RoomId, Head>> all = known.untold("server", 100);
        assertThat(all).hasSize(10);
        known.told("server", all);
        see(10, 20); // by what that server said itself
        assertThat(known.untold("server", 100)).isEmpty();
        assertThat(known.untold("server, started again", 100)).hasSize(20);
    }

    @Test
    void whatABrokenAttemptHasToldIsNotToldAgain() {
        see(0, 10);
        Set<RoomId> told = new HashSet<>();
        for (int attempt = 0; attempt < 5; attempt++) {
            List<Map.Entry<RoomId, Head>> some = known.untold("server", 2);
            some.forEach(each -> assertThat(told.add(each.getKey())).isTrue());
            known.told("server", some);
            known.untold("server", 2); // this one times out
        }
        assertThat(told).hasSize(10);
        assertThat(known.untold("server", 2)).isEmpty();
    }

    @Test
    void whatWasToldToAServerThatIsGoneCountsForNoOther() {
        see(0, 10);
        List<Map.Entry<RoomId, Head>> old = known.untold("old", 100);
        known.untold("new", 100);
        known.told("old", old);
        assertThat(known.untold("new", 100)).hasSize(10);
    }
}
