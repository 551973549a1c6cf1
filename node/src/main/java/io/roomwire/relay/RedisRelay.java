package io.roomwire.relay;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.ops.Rarely;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.Budget;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis pub/sub with a channel a room; sharded pub/sub on a cluster, where each channel is subscribed at the server that
 * has its slot.
 *
 * <p>Any thread may call. Subscriptions are kept by one executor thread; messages come on the threads of the connections.
 */
public final class RedisRelay implements Relay, RedisClients.StateListener {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRelay.class);

    /** Of messages to peers, while Redis does not read them; more are dropped, for the log has them. */
    private static final long BUDGET_BYTES = 64L << 20;

    private final RedisClients clients;
    private final RelayHeader header;
    private final RelayCodec codec;
    private final EventExecutor executor;
    private final Owner owner = new Owner();
    private final Budget budget = new Budget(BUDGET_BYTES);
    private final Probes probes;
    private final Neighbours neighbours;

    /** By channel. */
    private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();

    /** By server; only accessed by the executor. */
    private final Map<String, Link> links = new HashMap<>();

    /** A topology is on its way; only accessed by the executor. */
    private boolean refreshing;

    private volatile boolean up;
    private volatile @Nullable Receiver receiver;
    private volatile MemberEvents memberEvents = (room, user, joined) -> {};

    private final LongAdder garbage = new LongAdder();
    private final LongAdder unpublished = new LongAdder();
    private final Rarely garbageLogged = new Rarely();
    private final Rarely lossLogged = new Rarely();

    /** What presence puts on the rooms' channels, for whoever looks after presence. */
    public interface MemberEvents {
        void onMember(RoomId room, UserId user, boolean joined);
    }

    /** One wish; compared by identity. */
    private static final class Subscription {
        final RoomId room;
        final CompletableFuture<Void> ready = new CompletableFuture<>();

        Subscription(RoomId room) {
            this.room = room;
        }
    }

    public RedisRelay(RedisClients clients, String nodeId, FrameWriter writer) {
        this.clients = clients;
        header = new RelayHeader(nodeId);
        codec = new RelayCodec(header, writer);
        executor = clients.executor();
        probes = new Probes(clients, header, nodeId, executor, clients::publish);
        neighbours = new Neighbours(clients, header, executor, clients::publish);
    }

    /** Before {@link #start}. */
    public void memberEvents(MemberEvents events) {
        memberEvents = events;
    }

    /** Who is told how long each probe took from here to Redis and back, in nanoseconds. Before {@link #start}. */
    public void probeTimes(LongConsumer listener) {
        probes.roundTrips(listener);
    }

    @Override
    public void start(Receiver receiver) {
        this.receiver = receiver;
        executor.execute(() -> {
            if (!clients.isSharded()) { // connected before the first room wants it
                neighbours.start(link("")); // a cluster has but one database
            }
            probes.start();
        });
    }

    @Override
    public void onUp() {
        // each link subscribes again by itself, and then has the rooms read what was missed
    }

    /** Another server is the master now, and whoever listens to the old one hears no more. Any thread may call. */
    @Override
    public void onMoved() {
        executor.execute(() -> List.copyOf(links.values()).forEach(Link::remake));
    }

    @Override
    public CompletionStage<Void> subscribe(RoomId room) {
        String channel = clients.keys().channel(room.text());
        Subscription fresh = new Subscription(room);
        subscriptions.put(channel, fresh);
        executor.execute(() -> place(channel, fresh));
        return fresh.ready.minimalCompletionStage();
    }

    private void place(String channel, Subscription subscription) {
        if (subscriptions.get(channel) != subscription) {
            return;
        }
        String server = clients.serverOf(channel);
        if (server.isEmpty() && clients.isSharded()) {
            fail(subscription, "no server has the room's slot");
            refresh();
            return;
        }
        Link link = link(server);
        if (link.isFailing()) {
            fail(subscription, "Redis cannot be reached");
        }
        link.want(channel);
        if (link.has(channel)) { // given up and wanted again before the server heard of it: it will not answer again
            subscription.ready.complete(null);
        }
    }

    private Link link(String server) {
        Link link = links.get(server);
        if (link == null) {
            link = new Link(server, clients, codec, executor, owner);
            links.put(server, link);
            probes.add(link);
            link.connect();
        }
        return link;
    }

    private static void fail(Subscription subscription, String why) {
        subscription.ready.completeExceptionally(new RelayUnavailableException(why));
    }

    @Override
    public void unsubscribe(RoomId room) {
        String channel = clients.keys().channel(room.text());
        Subscription gone = subscriptions.remove(channel);
        if (gone != null) {
            gone.ready.cancel(false);
            executor.execute(() -> {
                if (!subscriptions.containsKey(channel)) {
                    links.values().forEach(link -> link.unwant(channel));
                }
            });
        }
    }

    @Override
    public void publish(RoomId room, Head place, ByteBuf payload) {
        int bytes = payload.readableBytes();
        byte[] message;
        try {
            message = header.before(Kind.MESSAGE, place.seq(), place.epoch(), payload);
        } finally {
            payload.release();
        }
        if (!budget.take(bytes)) {
            lost("more than " + BUDGET_BYTES + " bytes wait for it");
            return;
        }
        clients.publish(clients.keys().channel(room.text()), message).whenComplete((receivers, error) -> {
            budget.give(bytes);
            if (error != null) {
                lost(error.getMessage());
            }
        });
    }

    private void lost(@Nullable String why) {
        unpublished.increment();
        if (lossLogged.now()) {
            LOG.warn("relay: {} messages in all did not get to Redis, the last since: {}", unpublished.sum(), why);
        }
    }

    /** Messages from channels that were of no node of this version. */
    public long garbage() {
        return garbage.sum();
    }

    /** Messages that did not get to Redis. */
    public long unpublished() {
        return unpublished.sum();
    }

    /** Whether every room that is subscribed would get its messages, as far as this node knows. */
    public boolean isUp() {
        return up;
    }

    /** Why this node does not get its own messages back, though Redis is there; null while it does, or Redis is away. */
    public @Nullable String brokenDelivery() {
        return probes.broken();
    }

    /** Which other deployment uses the channels of this one; null if none does. */
    public @Nullable String strangers() {
        return neighbours.strangers();
    }

    /** Messages of this node to itself that did not come back. */
    public long probesMissed() {
        return probes.missed();
    }

    @Override
    public void close() {
        executor.execute(() -> {
            links.values().forEach(Link::close);
            links.clear();
        });
    }

    /** Asks which server has what, and moves the channels whose server changed. */
    private void refresh() {
        if (refreshing) {
            return;
        }
        refreshing = true;
        clients.refresh()
                .whenComplete((done, error) -> executor.schedule(
                        () -> {
                            refreshing = false;
                            rehome();
                        },
                        RedisClients.reconnectDelayMs(1),
                        TimeUnit.MILLISECONDS));
    }

    private void rehome() {
        subscriptions.forEach((channel, subscription) -> {
            String server = clients.serverOf(channel);
            if (server.isEmpty()) {
                refresh();
                return;
            }
            link(server).takeOver(channel);
            links.values().stream()
                    .filter(link -> !link.server().equals(server))
                    .forEach(link -> link.unwant(channel));
        });
        links.values().removeIf(link -> {
            boolean unused = !link.isConnected() && link.wanted().stream().noneMatch(subscriptions::containsKey);
            if (unused) {
                link.close();
                probes.remove(link);
            }
            return unused;
        });
    }

    private void look() {
        up = links.values().stream().allMatch(Link::isUp);
    }

    /** Hears from the links. */
    private final class Owner implements Link.Owner {
        @Override
        public void onMessage(String channel, Relayed relayed) {
            Subscription subscription = subscriptions.get(channel);
            Receiver to = receiver;
            if (relayed.isGarbage()) {
                garbage.increment();
                if (garbageLogged.now()) {
                    LOG.warn("relay: dropped {} messages in all that no node of this version sent", garbage.sum());
                }
            } else if (relayed.kind() == Kind.PROBE) {
                probes.received(channel, relayed.place().seq());
            } else if (relayed.kind() == Kind.HERE) {
                neighbours.received(relayed.place().seq());
            } else if (subscription == null || to == null) {
                relayed.release();
            } else if (relayed.frame() != null) {
                to.onFrame(subscription.room, relayed.place(), relayed.frame());
            } else if (relayed.user() != null) {
                memberEvents.onMember(subscription.room, relayed.user(), relayed.kind() == Kind.JOINED);
            }
        }

        @Override
        public void onSubscribed(String channel) {
            neighbours.onSubscribed(channel);
            Subscription subscription = subscriptions.get(channel);
            if (subscription != null) {
                subscription.ready.complete(null);
            }
        }

        @Override
        public void onSettled(Link link, boolean interrupted) {
            look();
            Receiver to = receiver;
            if (interrupted && to != null) {
                LOG.info("relay: subscribed again to {} channels", link.wanted().size());
                to.onInterrupted();
            }
        }

        @Override
        public void onLost(Link link, String cause) {
            look();
            if (lossLogged.now()) {
                LOG.warn("relay: no messages from peers: {}", cause);
            }
            for (String channel : link.wanted()) {
                Subscription subscription = subscriptions.get(channel);
                if (subscription != null) {
                    fail(subscription, "Redis: " + cause);
                }
            }
            if (clients.isSharded()) {
                refresh();
            }
        }

        @Override
        public void onMoved(Link link, String channel) {
            link.unwant(channel);
            refresh();
        }
    }
}
