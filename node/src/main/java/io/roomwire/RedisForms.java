package io.roomwire;

import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.history.RedisLog;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.Orders;
import io.roomwire.orders.RedisOrders;
import io.roomwire.presence.NodeIdTakenException;
import io.roomwire.presence.Presence;
import io.roomwire.presence.RedisPresence;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisRequirements;
import io.roomwire.redis.Replicas;
import io.roomwire.relay.RedisRelay;
import io.roomwire.relay.Relay;
import io.roomwire.room.Rooms;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Redis gives: the relay between nodes, presence and orders for all of them, and a log. */
final class RedisForms implements Forms {
    private static final Logger LOG = LoggerFactory.getLogger(RedisForms.class);

    private final Config config;
    private final FrameWriter writer;
    private final RedisClients clients;
    private final RedisRequirements requirements;

    /**
     * Of the process, not of the node: else two of one id would take each other's messages for their own and drop them.
     */
    private final String origin = Long.toHexString(new SecureRandom().nextLong());

    private final RedisRelay relay;
    private final RedisPresence presence;
    private final RedisOrders orders;
    private final CompletableFuture<ConfigException> mustEnd;
    private @Nullable RedisLog log;

    /** By which messages are stored that wait for replicas; a wait holds up all that comes behind it. */
    private @Nullable RedisClients writing;

    private @Nullable Replicas replicas;

    /**
     * @param mustEnd completed when this node cannot go on
     * @throws ConfigException if Redis' URI cannot be used
     */
    RedisForms(Config config, FrameWriter writer, Revocations revocations, CompletableFuture<ConfigException> mustEnd) {
        this.config = config;
        this.writer = writer;
        this.mustEnd = mustEnd;
        clients = new RedisClients(config.redis());
        requirements = new RedisRequirements(clients);
        relay = new RedisRelay(clients, origin, writer);
        presence = new RedisPresence(config.presence(), clients, config.nodeId());
        relay.memberEvents(presence::received);
        orders = new RedisOrders(clients, revocations);
    }

    /** For what else keeps something in Redis. */
    RedisClients clients() {
        return clients;
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
            int wanted = config.redisLog().replicas();
            if (wanted > 0) {
                writing = new RedisClients(config.redis());
                replicas = new Replicas(writing, wanted);
                log = new RedisLog(config.redisLog(), clients, replicas, writing, origin, writer);
            } else {
                log = new RedisLog(config.redisLog(), clients, origin, writer);
            }
        }
        return log;
    }

    @Override
    public void start(Rooms rooms, Orders.Receiver receiver, Health health, Metrics metrics) {
        connect();
        measure(metrics);
        relay.start(rooms);
        presence.start(rooms);
        clients.listen(new Comeback(requirements, presence, orders, relay));
        if (clients.isUp()) {
            requirements.onUp(); // it may have come just before somebody listened
        }
        claimNodeId();
        learnRevocations(receiver);
        health.part("redis", this::state);
        metrics.gauge(
                "roomwire.redis.up",
                "1 while Redis can be used",
                this,
                each -> each.state().equals(Health.UP) ? 1 : 0);
        health.part("relay", () -> relayState(rooms));
        metrics.count(
                "roomwire.relay.foreign",
                "Messages of peers from another life of a room's log than the one that the log confirms",
                rooms,
                Rooms::foreignEpochs);
        health.unfitWhile(relay::brokenDelivery);
    }

    private void connect() {
        String unreachable = clients.start();
        if (unreachable == null) {
            requirements.check();
        } else {
            LOG.warn("{}; trying again until it can be reached", unreachable);
            requirements.checkWhenUp();
        }
        if (writing != null) {
            writing.start(); // what it says of a Redis that is away is said
        }
    }

    private void measure(Metrics metrics) {
        relay.probeTimes(metrics.times(
                "roomwire.relay.probe", "From publishing a message of the node to itself to getting it from Redis"));
        metrics.count(
                "roomwire.relay.probes.missed",
                "Messages of the node to itself that did not come back",
                relay,
                RedisRelay::probesMissed);
        metrics.count(
                "roomwire.relay.garbage",
                "Messages on channels of rooms that no node of this version sent",
                relay,
                RedisRelay::garbage);
        metrics.count(
                "roomwire.relay.unpublished",
                "Messages for peers that did not get to Redis",
                relay,
                RedisRelay::unpublished);
        metrics.gauge("roomwire.relay.up", "1 while messages of peers come", this, each -> each.isRelayUp() ? 1 : 0);
    }

    private void claimNodeId() {
        presence.onIdTaken(taken -> mustEnd.complete(idTaken(taken)));
        try {
            presence.claim().toCompletableFuture().join();
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

    private void learnRevocations(Orders.Receiver receiver) {
        try {
            orders.start(receiver).toCompletableFuture().join();
        } catch (CompletionException e) {
            LOG.warn("what was revoked cannot be read from Redis now, it counts here when it can: {}", e.getMessage());
        }
    }

    private String state() {
        if (!clients.isUp()) {
            return Health.DOWN;
        }
        String why = hindrance();
        return why == null ? Health.UP : Health.DOWN + ": " + why;
    }

    /** Why not all can be done though there is a connection; null if it can. */
    private @Nullable String hindrance() {
        if (clients.isAtReplica()) {
            return "redis.uri leads to a replica, which takes no writes";
        }
        if (clients.isSlotMoving()) {
            return "a slot is between two servers, some rooms are unavailable";
        }
        if (replicas != null && replicas.areMissing()) {
            return "fewer replicas than redis-log.replicas have what is written, so nothing is acked";
        }
        String lack = requirements.lack();
        return lack == null ? presence.refusal() : lack;
    }

    private boolean isRelayUp() {
        return relay.brokenDelivery() == null && relay.isUp();
    }

    private String relayState(Rooms rooms) {
        String broken = relay.brokenDelivery();
        if (broken != null) {
            return Health.DOWN + ": " + broken;
        }
        if (!relay.isUp()) {
            return Health.DOWN + ": no subscription at Redis now";
        }
        String split = rooms.splitLog();
        if (split != null) {
            return Health.DOWN + ": " + split;
        }
        String strangers = relay.strangers();
        return strangers == null ? Health.UP : Health.UP + ", but " + strangers;
    }

    @Override
    public void close() {
        orders.close();
        presence.close();
        if (log != null) {
            log.close();
        }
        relay.close();
        if (writing != null) {
            writing.close();
        }
        clients.close();
    }
}
