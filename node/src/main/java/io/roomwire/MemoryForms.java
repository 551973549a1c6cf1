package io.roomwire;

import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.history.MemoryLog;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.LocalOrders;
import io.roomwire.orders.Orders;
import io.roomwire.presence.LocalPresence;
import io.roomwire.presence.Presence;
import io.roomwire.relay.LocalRelay;
import io.roomwire.relay.Relay;
import io.roomwire.room.Rooms;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What one node alone has: all of it in its own memory. */
final class MemoryForms implements Forms {
    private final Config config;
    private final Relay relay = new LocalRelay();
    private final Presence presence = new LocalPresence();
    private final Orders orders;
    private @Nullable MemoryLog log;

    MemoryForms(Config config, Revocations revocations) {
        this.config = config;
        orders = new LocalOrders(revocations);
    }

    @Override
    public Relay relay() {
        return relay;
    }

    @Override
    public Presence presence() {
        return presence;
    }

    @Override
    public Orders orders() {
        return orders;
    }

    @Override
    public RoomLog log() {
        if (log == null) {
            log = new MemoryLog(config.memoryLog(), () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        }
        return log;
    }

    @Override
    public void start(Rooms rooms, Orders.Receiver receiver, Health health, Metrics metrics) {
        relay.start(rooms);
        presence.start(rooms);
        orders.start(receiver).toCompletableFuture().join(); // done at once, there is nobody to ask
    }

    @Override
    public void close() {
        orders.close();
        presence.close();
        if (log != null) {
            log.close();
        }
        relay.close();
    }
}
