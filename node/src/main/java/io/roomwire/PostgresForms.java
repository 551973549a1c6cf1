package io.roomwire;

import io.roomwire.config.Config;
import io.roomwire.config.PostgresServer;
import io.roomwire.history.PostgresLog;
import io.roomwire.history.RoomLog;
import io.roomwire.history.SharedLog;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.room.Rooms;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log that PostgreSQL keeps, in one database or in several that share the rooms.
 *
 * <p>One thread makes, starts and closes it.
 */
final class PostgresForms implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresForms.class);

    private final List<PostgresLog> databases = new ArrayList<>();
    private final RoomLog log;

    /** Told of what may have been missed; set before anything starts. */
    private volatile @Nullable Rooms rooms;

    /** @param redis remembers how far each database was; null where there is none */
    PostgresForms(Config config, @Nullable RedisClients redis) {
        for (PostgresServer server : config.postgres().servers()) {
            databases.add(
                    redis == null
                            ? new PostgresLog(config.postgres(), server, new Listener())
                            : new PostgresLog(config.postgres(), server, redis, new Listener()));
        }
        log = databases.size() == 1 ? databases.get(0) : SharedLog.byHash(databases);
    }

    RoomLog log() {
        return log;
    }

    /**
     * Connects; a database that is away is waited for.
     *
     * @throws io.roomwire.config.ConfigException if one promises too little, or refuses this node for good
     */
    void start(Rooms served, Health health, Metrics metrics) {
        rooms = served;
        databases.forEach(PostgresLog::start);
        health.part("postgres", this::state);
        metrics.gauge("roomwire.postgres.up", "1 while every PostgreSQL stores", this, PostgresForms::isStoring);
        metrics.gauge("roomwire.postgres.queued", "Messages that wait to be stored", this, PostgresForms::queued);
    }

    private String state() {
        for (PostgresLog database : databases) {
            String reason = database.downReason();
            if (reason != null) {
                return Health.DOWN + ": " + reason;
            }
        }
        String weakness = databases.get(0).weakness();
        String older = databases.stream().map(PostgresLog::seenOlder).reduce("", String::concat);
        String but = weakness + (weakness.isEmpty() || older.isEmpty() ? "" : ", ") + older;
        return but.isEmpty() ? Health.UP : Health.UP + ", but " + but;
    }

    private int isStoring() {
        return databases.stream().allMatch(database -> database.downReason() == null) ? 1 : 0;
    }

    private double queued() {
        return databases.stream().mapToInt(PostgresLog::queued).sum();
    }

    private void compareAll() {
        Rooms served = rooms;
        if (served != null) {
            served.onInterrupted();
        }
    }

    @Override
    public void close() {
        log.close();
    }

    private final class Listener implements PostgresLog.Listener {
        @Override
        public void onUp() {
            LOG.info("PostgreSQL stores");
            compareAll();
        }

        @Override
        public void onDown(String reason) {
            LOG.warn("PostgreSQL does not store: {}; durable broadcasts get unavailable until it does", reason);
        }

        @Override
        public void onNewEpoch(RoomId room, Head head) {
            compareAll();
        }
    }
}
