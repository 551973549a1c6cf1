package io.roomwire;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.redis.RedisClients.StateListener;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComebackTest {
    private final List<String> calls = new ArrayList<>();
    private final Comeback comeback =
            new Comeback(part("requirements"), part("presence"), part("orders"), part("relay"));

    private StateListener part(String name) {
        return new StateListener() {
            @Override
            public void onUp() {
                calls.add(name);
            }

            @Override
            public void onMoved() {
                calls.add(name + " moved");
            }
        };
    }

    @Test
    void whatRedisRefusesIsKnownBeforePresenceAndOrdersGoOn() {
        comeback.onUp();
        assertThat(calls).containsExactly("requirements", "presence", "orders");
    }

    @Test
    void onlyTheRelayLeavesAMasterThatIsNoneAnyMore() {
        comeback.onMoved();
        assertThat(calls).containsExactly("relay moved");
    }
}
