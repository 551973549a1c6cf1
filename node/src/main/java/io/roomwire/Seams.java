package io.roomwire;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.RoomRules;
import io.roomwire.history.RoomLog;
import io.roomwire.history.SharedLog;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.Orders;
import io.roomwire.presence.Presence;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.relay.Relay;
import io.roomwire.room.Rooms;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The forms of the seams that the configuration asks for: in memory alone, with Redis, with PostgreSQL, with both.
 *
 * <p>Made, started and closed by {@link Node}; the accessors may be called by any thread.
 */
final class Seams implements AutoCloseable {
    /** How often rooms are compared with a log that others write to: under the 5 s in which a fault has to be healed. */
    private static final long COMPARE_PERIOD_MS = 3000;

    private final Entrance entrance;
    private final Forms forms;
    private final @Nullable PostgresForms postgres;
    private final RoomLog log;

    /** Whether others write to the log as well, so that rooms have to be compared with it. */
    private final boolean isShared;

    /** Done when this node cannot go on. */
    private final CompletableFuture<ConfigException> mustEnd = new CompletableFuture<>();

    /** @throws ConfigException if Redis' URI cannot be used */
    Seams(Config config, FrameWriter writer) {
        entrance = new Entrance(config);
        RedisForms redis =
                config.redis().isSet() ? new RedisForms(config, writer, entrance.revocations(), mustEnd) : null;
        forms = redis == null ? new MemoryForms(config, entrance.revocations()) : redis;
        postgres = config.postgres().servers().isEmpty()
                ? null
                : new PostgresForms(config, redis == null ? null : redis.clients());
        isShared = redis != null || postgres != null;
        RoomRules rules = config.rooms().rules();
        if (postgres == null) {
            log = forms.log();
        } else if (redis != null && rules.name(RoomRules.Kind.REDIS_LOG)) {
            log = SharedLog.byRule(
                    room -> rules.of(room.text()) == RoomRules.Kind.REDIS_LOG, redis.log(), postgres.log());
        } else {
            log = postgres.log();
        }
    }

    /** Done when something is found that only another configuration mends; the node is to end at once then. */
    CompletableFuture<ConfigException> mustEnd() {
        return mustEnd;
    }

    Entrance entrance() {
        return entrance;
    }

    Orders orders() {
        return forms.orders();
    }

    RoomLog log() {
        return log;
    }

    Relay relay() {
        return forms.relay();
    }

    Presence presence() {
        return forms.presence();
    }

    /**
     * Connects. A database or a Redis that is away is no error: it is waited for.
     *
     * @throws ConfigException if what was found cannot be used: another node has this id, Redis refuses this one, or a
     *     database promises too little
     */
    void start(Rooms rooms, Orders.Receiver receiver, Health health, Metrics metrics) {
        forms.start(rooms, receiver, health, metrics);
        if (postgres != null) {
            postgres.start(rooms, health, metrics);
        }
        entrance.start(health, metrics);
        if (isShared) {
            rooms.compareWithLogEvery(COMPARE_PERIOD_MS);
        }
    }

    @Override
    public void close() {
        if (postgres != null) {
            postgres.close(); // it may still have something for Redis to remember
        }
        forms.close();
        entrance.close();
    }
}
