package io.roomwire;

import io.roomwire.auth.Authenticator;
import io.roomwire.auth.JwtAuthenticator;
import io.roomwire.auth.OpenAuthenticator;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.PostgresServer;
import io.roomwire.config.RoomRules;
import io.roomwire.history.MemoryLog;
import io.roomwire.history.PostgresLog;
import io.roomwire.history.RedisLog;
import io.roomwire.history.RoomLog;
import io.roomwire.history.SharedLog;
import io.roomwire.hook.AskingAuthenticator;
import io.roomwire.hook.BackEnd;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.LocalOrders;
import io.roomwire.orders.Orders;
import io.roomwire.orders.RedisOrders;
import io.roomwire.presence.LocalPresence;
import io.roomwire.presence.NodeIdTakenException;
import io.roomwire.presence.Presence;
import io.roomwire.presence.RedisPresence;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisRequirements;
import io.roomwire.redis.Replicas;
import io.roomwire.relay.LocalRelay;
import io.roomwire.relay.RedisRelay;
import io.roomwire.relay.Relay;
import io.roomwire.room.Rooms;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The forms of the seams that the configuration asks for: in memory alone, with Redis, with PostgreSQL, with both; open, or
 * by token.
 *
 * <p>Made, started and closed by {@link Node}; the accessors may be called by any thread.
 */
final class Backends implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    /** How often rooms are compared with a log that others write to: under the 5 s in which a fault has to be healed. */
    private static final long COMPARE_PERIOD_MS = 3000;

    private final Config config;
    private final Revocations revocations;
    private final Authenticator authenticator;
    private final Orders orders;
    private final BackEnd backEnd;
    private final @Nullable JwtAuthenticator tokens;
    private final RoomLog log;
    private final Relay relay;
    private final Presence presence;
    private final @Nullable RedisClients redis;

    /** By which messages are stored that wait for replicas; a wait holds up all that comes behind it. */
    private final @Nullable RedisClients redisWriting;

    private final @Nullable Replicas replicas;
    private @Nullable RedisRequirements requirements;
    private final List<PostgresLog> databases = new ArrayList<>();

    /** Done when this node cannot go on. */
    private final CompletableFuture<ConfigException> mustEnd = new CompletableFuture<>();

    /** Told of what may have been missed; set before anything starts. */
    private volatile @Nullable Rooms rooms;

    /** @throws ConfigException if Redis' URI cannot be used */
    Backends(Config config, FrameWriter writer) {
        this.config = config;
        revocations =
                new Revocations(config.auth().maxAgeMs() + 2 * config.auth().skewMs(), System::currentTimeMillis);
        backEnd = new BackEnd(config.hook());
        tokens = config.auth().isOpen()
                ? null
                : new JwtAuthenticator(config.auth(), System::currentTimeMillis, revocations);
        authenticator = tokens == null ? new OpenAuthenticator() : new AskingAuthenticator(tokens, backEnd);
        redis = config.redis().isSet() ? new RedisClients(config.redis()) : null;
        // Of the process, not of the node: else two of one id would take each other's messages for their own and drop
        // them.
        String origin = Long.toHexString(new SecureRandom().nextLong());
        if (redis == null) {
            relay = new LocalRelay();
            presence = new LocalPresence();
            orders = new LocalOrders(revocations);
        } else {
            RedisRelay redisRelay = new RedisRelay(redis, origin, writer);
            RedisPresence redisPresence = new RedisPresence(config.presence(), redis, config.nodeId());
            redisRelay.memberEvents(redisPresence::received);
            relay = redisRelay;
            presence = redisPresence;
            orders = new RedisOrders(redis, revocations);
        }
        for (PostgresServer server : config.postgres().servers()) {
            databases.add(
                    redis == null
                            ? new PostgresLog(config.postgres(), server, new DatabaseListener())
                            : new PostgresLog(config.postgres(), server, redis, new DatabaseListener()));
        }
        boolean waits = redis != null && config.redisLog().replicas() > 0 && hasRedisLog(config, databases);
        redisWriting = waits ? new RedisClients(config.redis()) : null;
        replicas = redisWriting == null
                ? null
                : new Replicas(redisWriting, config.redisLog().replicas());
        log = log(config, writer, redis, redisWriting, replicas, databases, origin);
    }

    private static boolean hasRedisLog(Config config, List<PostgresLog> databases) {
        return databases.isEmpty() || config.rooms().rules().name(RoomRules.Kind.REDIS_LOG);
    }

    private static RoomLog log(
            Config config,
            FrameWriter writer,
            @Nullable RedisClients redis,
            @Nullable RedisClients redisWriting,
            @Nullable Replicas replicas,
            List<PostgresLog> databases,
            String origin) {
        if (redis == null && databases.isEmpty()) {
            return new MemoryLog(config.memoryLog(), () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        }
        RoomRules rules = config.rooms().rules();
        List<RoomLog> logs = new ArrayList<>();
        if (redis != null && hasRedisLog(config, databases)) {
            logs.add(
                    redisWriting == null || replicas == null
                            ? new RedisLog(config.redisLog(), redis, origin, writer)
                            : new RedisLog(config.redisLog(), redis, replicas, redisWriting, origin, writer));
        }
        if (!databases.isEmpty()) {
            logs.add(databases.size() == 1 ? databases.get(0) : SharedLog.byHash(databases));
        }
        return logs.size() == 1
                ? logs.get(0)
                : SharedLog.byRule(room -> rules.of(room.text()) == RoomRules.Kind.REDIS_LOG, logs.get(0), logs.get(1));
    }

    /** Done when something is found that only another configuration mends; the node is to end at once then. */
    CompletableFuture<ConfigException> mustEnd() {
        return mustEnd;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Revocations revocations() {
        return revocations;
    }

    BackEnd backEnd() {
        return backEnd;
    }

    Orders orders() {
        return orders;
    }

    RoomLog log() {
        return log;
    }

    Relay relay() {
        return relay;
    }

    Presence presence() {
        return presence;
    }

    /**
     * Connects. A database or a Redis that is away is no error: it is waited for.
     *
     * @throws ConfigException if what was found cannot be used: another node has this id, Redis
     *     refuses this one, or a database promises too little
     */
    void start(Rooms served, Orders.Receiver receiver, Health health, Metrics metrics) {
        rooms = served;
        if (redis != null) {
            requirements = connect(redis);
        }
        if (redisWriting != null) {
            redisWriting.start(); // what it says of a Redis that is away is said
        }
        if (relay instanceof RedisRelay shared) {
            measure(shared, metrics);
        }
        relay.start(served);
        presence.start(served);
        if (presence instanceof RedisPresence shared) {
            claim(shared);
        }
        learnRevocations(receiver);
        metrics.gauge("roomwire.revocations", "Users whose older tokens are revoked", revocations, Revocations::count);
        databases.forEach(PostgresLog::start);
        if (redis != null) {
            health.part("redis", this::redisState);
            metrics.gauge(
                    "roomwire.redis.up",
                    "1 while Redis can be used",
                    this,
                    each -> each.redisState().equals(Health.UP) ? 1 : 0);
        }
        if (relay instanceof RedisRelay shared) {
            health.part("relay", () -> relayState(shared, served));
            metrics.count(
                    "roomwire.relay.foreign",
                    "Messages of peers from another life of a room's log than the one that the log confirms",
                    served,
                    Rooms::foreignEpochs);
            health.unfitWhile(shared::brokenDelivery);
        }
        if (!databases.isEmpty()) {
            health.part("postgres", this::postgresState);
            metrics.gauge("roomwire.postgres.up", "1 while every PostgreSQL stores", this, each -> each.isStoring());
            metrics.gauge("roomwire.postgres.queued", "Messages that wait to be stored", this, Backends::queued);
        }
        if (config.hook().url() != null) {
            measureHook(health, metrics);
        }
        JwtAuthenticator checked = tokens;
        if (checked != null) {
            checked.start();
            health.part("token-keys", () -> checked.hasFreshKeys() ? Health.UP : Health.DOWN);
            metrics.gauge(
                    "roomwire.token.keys.fresh",
                    "1 while the keys that tokens are checked with are those that are published",
                    checked,
                    each -> each.hasFreshKeys() ? 1 : 0);
        }
        if (redis != null || !databases.isEmpty()) {
            served.compareWithLogEvery(COMPARE_PERIOD_MS);
        }
    }

    private static void measure(RedisRelay shared, Metrics metrics) {
        shared.probeTimes(metrics.times(
                "roomwire.relay.probe", "From publishing a message of the node to itself to getting it from Redis"));
        metrics.count(
                "roomwire.relay.probes.missed",
                "Messages of the node to itself that did not come back",
                shared,
                RedisRelay::probesMissed);
        metrics.count(
                "roomwire.relay.garbage",
                "Messages on channels of rooms that no node of this version sent",
                shared,
                RedisRelay::garbage);
        metrics.count(
                "roomwire.relay.unpublished",
                "Messages for peers that did not get to Redis",
                shared,
                RedisRelay::unpublished);
        metrics.gauge("roomwire.relay.up", "1 while messages of peers come", shared, each -> isUp(each) ? 1 : 0);
    }

    private void measureHook(Health health, Metrics metrics) {
        backEnd.times(metrics.times("roomwire.hook", "From asking the back end to its answer"));
        metrics.count("roomwire.hook.denied", "Questions to which the back end said no", backEnd, BackEnd::denied);
        metrics.count("roomwire.hook.failed", "Questions without an answer of the back end", backEnd, BackEnd::failed);
        health.part("hook", backEnd::state);
    }

    private static boolean isUp(RedisRelay shared) {
        return shared.brokenDelivery() == null && shared.isUp();
    }

    private static String relayState(RedisRelay shared, Rooms served) {
        String broken = shared.brokenDelivery();
        if (broken != null) {
            return Health.DOWN + ": " + broken;
        }
        if (!shared.isUp()) {
            return Health.DOWN + ": no subscription at Redis now";
        }
        String split = served.splitLog();
        if (split != null) {
            return Health.DOWN + ": " + split;
        }
        String strangers = shared.strangers();
        return strangers == null ? Health.UP : Health.UP + ", but " + strangers;
    }

    private static RedisRequirements connect(RedisClients clients) {
        RedisRequirements required = new RedisRequirements(clients);
        String unreachable = clients.start();
        if (unreachable == null) {
            required.check();
        } else {
            LOG.warn("{}; trying again until it can be reached", unreachable);
            required.checkWhenUp();
        }
        return required;
    }

    private String redisState() {
        if (redis == null || !redis.isUp()) {
            return Health.DOWN;
        }
        if (redis.isAtReplica()) {
            return Health.DOWN + ": redis.uri leads to a replica, which takes no writes";
        }
        if (redis.isSlotMoving()) {
            return Health.DOWN + ": a slot is between two servers, some rooms are unavailable";
        }
        if (replicas != null && replicas.areMissing()) {
            return Health.DOWN + ": fewer replicas than redis-log.replicas have what is written, so nothing is acked";
        }
        String why = requirements == null ? null : requirements.lack();
        if (why == null && presence instanceof RedisPresence shared) {
            why = shared.refusal();
        }
        return why == null ? Health.UP : Health.DOWN + ": " + why;
    }

    private void learnRevocations(Orders.Receiver receiver) {
        try {
            orders.start(receiver).toCompletableFuture().join();
        } catch (CompletionException e) {
            LOG.warn("what was revoked cannot be read from Redis now, it counts here when it can: {}", e.getMessage());
        }
    }

    private void claim(RedisPresence shared) {
        shared.onIdTaken(taken -> mustEnd.complete(idTaken(taken)));
        try {
            shared.claim().toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof NodeIdTakenException taken) {
                throw idTaken(taken);
            }
            LOG.warn("Redis cannot be asked for this node's id now, presence begins when it can: {}", e.getMessage());
        }
    }

    private static ConfigException idTaken(NodeIdTakenException taken) {
        return new ConfigException("node-id: " + taken.getMessage());
    }

    private String postgresState() {
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
        orders.close();
        presence.close();
        log.close();
        relay.close();
        authenticator.close();
        backEnd.close();
        if (redisWriting != null) {
            redisWriting.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    private final class DatabaseListener implements PostgresLog.Listener {
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
