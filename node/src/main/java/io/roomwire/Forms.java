package io.roomwire;

import io.roomwire.history.RoomLog;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.Orders;
import io.roomwire.presence.Presence;
import io.roomwire.relay.Relay;
import io.roomwire.room.Rooms;

/**
 * The forms of the seams that one server gives, or that a node has by itself. Who makes them starts them and closes them, and
 * says how they are.
 *
 * <p>One thread makes, starts and closes it; the accessors may be called by any thread.
 */
interface Forms extends AutoCloseable {
    Relay relay();

    Presence presence();

    Orders orders();

    /** The log that is kept there; made when it is first asked for, since not every configuration has rooms in it. */
    RoomLog log();

    /**
     * Connects, if there is something to connect to. A server that is away is no error: it is waited for.
     *
     * @throws io.roomwire.config.ConfigException if only another configuration mends what was found
     */
    void start(Rooms rooms, Orders.Receiver receiver, Health health, Metrics metrics);

    @Override
    void close();
}
