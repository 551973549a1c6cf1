package io.roomwire.relay;

import io.lettuce.core.RedisCommandExecutionException;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves delivery: at every server where this node subscribes it publishes to a channel of its own, sees whether that comes
 * back, and has the connection made again by which it does not. Connections that look fine prove nothing: a server that was
 * deposed by a failover still answers pings.
 *
 * <p>Belongs to the relay's executor thread, but for {@link #received} and what tells of the results.
 */
final class Probes {
    private static final Logger LOG = LoggerFactory.getLogger(Probes.class);

    /** Two misses are noticed, and mended, within about the 5 s in which a fault has to be forgotten. */
    private static final long PERIOD_MS = 2000;

    /** Names that are tried in one go until one belongs to the server: 0.1 ms, and enough where 16 servers share the slots. */
    private static final int TRIES = 1000;

    private final RedisClients clients;
    private final RelayHeader header;
    private final String nodeId;
    private final EventExecutor executor;
    private final Publisher publisher;
    private final Map<Link, Way> ways = new HashMap<>();
    private final LongAdder missed = new LongAdder();
    private volatile LongConsumer roundTrips = ns -> {};
    private volatile @Nullable String broken;

    /** How a message gets to a channel. */
    interface Publisher {
        /** Fails as Lettuce does, and throws nothing. */
        CompletionStage<Long> publish(String channel, byte[] message);
    }

    /** The probe of one link; only accessed by the executor. */
    private static final class Way {
        final Probe probe;
        String channel = "";
        int names;
        long sentNs;

        Way(String where) {
            probe = new Probe(where);
        }
    }

    Probes(RedisClients clients, RelayHeader header, String nodeId, EventExecutor executor, Publisher publisher) {
        this.clients = clients;
        this.header = header;
        this.nodeId = nodeId;
        this.executor = executor;
        this.publisher = publisher;
    }

    /** Who is told how long each took, in nanoseconds; before {@link #start}. */
    void roundTrips(LongConsumer listener) {
        roundTrips = listener;
    }

    void start() {
        executor.scheduleWithFixedDelay(this::tick, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    void add(Link link) {
        assert executor.inEventLoop();
        Way way = new Way(clients.nameOf(link.server()));
        ways.put(link, way);
        subscribe(link, way);
    }

    void remove(Link link) {
        assert executor.inEventLoop();
        ways.remove(link);
        look();
    }

    private void tick() {
        ways.forEach((link, way) -> {
            if (!way.probe.isPending()) {
                next(link, way);
            }
        });
        look();
    }

    private void next(Link link, Way way) {
        switch (way.probe.judge(link.hasAnsweredSince(way.sentNs))) {
            case NONE -> probe(link, way);
            case MISSED -> {
                missed.increment();
                probe(link, way);
            }
            case RESUBSCRIBE -> {
                missed.increment();
                link.remake();
            }
            case RECONNECT -> {
                missed.increment();
                clients.reconnect();
            }
        }
    }

    private void probe(Link link, Way way) {
        // While many rooms are subscribed again its turn may come late: missed for that, all would begin once more. But
        // where nothing is subscribed and the server takes commands all the same, it is this node that hears nothing.
        String hindrance = link.hindrance();
        if (subscribe(link, way) && (hindrance != null || link.has(way.channel))) {
            long number = way.probe.next(hindrance);
            way.sentNs = System.nanoTime();
            publisher
                    .publish(way.channel, header.before(Kind.PROBE, number, "", Unpooled.EMPTY_BUFFER))
                    .whenComplete((receivers, error) -> executor.execute(() -> settle(way.probe, number, error)));
        }
    }

    /** Sees to it that the link has a channel; false if it did not have it before. */
    private boolean subscribe(Link link, Way way) {
        String old = way.channel;
        if (old.isEmpty() || !clients.serverOf(old).equals(link.server())) {
            way.channel = channelAt(link.server(), way);
            if (!old.isEmpty()) {
                link.unwant(old);
            }
        }
        if (!way.channel.isEmpty()) {
            link.want(way.channel);
        }
        return !way.channel.isEmpty() && way.channel.equals(old);
    }

    /** In a cluster the name decides which server has a channel. Empty if none was found now, as for a server without slots. */
    private String channelAt(String server, Way way) {
        for (int i = 0; i < TRIES; i++) {
            String name = clients.keys().named("probe:{" + nodeId + "." + way.names++ + "}");
            if (clients.serverOf(name).equals(server)) {
                return name;
            }
        }
        return "";
    }

    private static void settle(Probe probe, long number, @Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (cause == null) {
            probe.taken(number);
        } else if (cause instanceof RedisCommandExecutionException && !isNotServing(cause)) {
            probe.refused(number, String.valueOf(cause.getMessage()));
        } else {
            probe.unanswered(number);
        }
    }

    /** Answers that mean no more than "not now": a server that still loads its data, a cluster that lacks a master. */
    private static boolean isNotServing(Throwable refusal) {
        String message = String.valueOf(refusal.getMessage());
        return message.startsWith("LOADING") || message.startsWith("CLUSTERDOWN");
    }

    /** One came back; called on any thread. */
    void received(String channel, long number) {
        long nowNs = System.nanoTime();
        executor.execute(() -> {
            for (Way way : ways.values()) {
                if (way.channel.equals(channel) && way.probe.back(number)) {
                    roundTrips.accept(nowNs - way.sentNs);
                }
            }
            look();
        });
    }

    private void look() {
        String was = broken;
        String is = ways.values().stream()
                .map(way -> way.probe.cause())
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        broken = is;
        if (is != null && was == null) {
            LOG.warn(
                    "relay: {}; connections are made again until it works, and /ready is false. If that stays, see that"
                            + " redis.uri leads to the present master, and that its user may use the channels {}",
                    is,
                    clients.keys().named("*"));
        } else if (is == null && was != null) {
            LOG.info("relay: what this node publishes comes back again");
        }
    }

    /** Why messages do not get from this node to its own subscriptions; null while they do. Any thread may call. */
    @Nullable
    String broken() {
        return broken;
    }

    /** How many did not come back. Any thread may call. */
    long missed() {
        return missed.sum();
    }
}
