package io.roomwire.orders;

import io.roomwire.auth.Revocations;
import io.roomwire.protocol.UserId;
import org.junit.jupiter.api.BeforeEach;

class LocalOrdersTest extends OrdersContract {
    private Orders orders;

    @BeforeEach
    void start() {
        orders = new LocalOrders(side.revocations);
        get(orders.start(side));
    }

    @Override
    Orders orders() {
        return orders;
    }

    @Override
    void fill() {
        for (int i = 0; i < Revocations.MAX; i++) {
            side.revocations.add(new UserId("user-" + i), NOW_S);
        }
    }

    @Override
    void pass(long seconds) {
        side.nowS = NOW_S + seconds;
    }
}
