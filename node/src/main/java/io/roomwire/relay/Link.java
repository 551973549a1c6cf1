package io.roomwire.relay;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.roomwire.redis.RedisClients;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection for pub/sub with one Redis server: asks it for what {@link Subscriptions} says, a batch at a time, and is
 * made again whenever it is lost or does not answer.
 *
 * <p>Belongs to the relay's executor thread; messages go to the owner on the connection's thread.
 */
final class Link {
    /** Channels in one go: after a reconnect other traffic fits between, and Redis is held for well under a millisecond. */
    private static final int BATCH = 256;

    private final String server;
    private final RedisClients clients;
    private final RelayCodec codec;
    private final EventExecutor executor;
    private final Owner owner;

    private final Subscriptions subscriptions = new Subscriptions();

    private @Nullable StatefulRedisPubSubConnection<String, Relayed> connection;
    private @Nullable ScheduledFuture<?> watchdog;
    private int attempts;

    /** When the server last answered a ping, by {@link System#nanoTime}. */
    private long answeredNs;

    /** Why there is no subscription, from its loss until the server confirms one again; null while there may be one. */
    private @Nullable String hindrance;

    private boolean closed;

    /** Who is told. All but the messages come on the executor's thread. */
    interface Owner {
        void onMessage(String channel, Relayed relayed);

        void onSubscribed(String channel);

        /** All that is wanted is subscribed; {@code interrupted} if some of it was not for a while. */
        void onSettled(Link link, boolean interrupted);

        /** There is no connection; it is tried again. */
        void onLost(Link link, String cause);

        /** The server does not have that channel any more. */
        void onMoved(Link link, String channel);
    }

    Link(String server, RedisClients clients, RelayCodec codec, EventExecutor executor, Owner owner) {
        this.server = server;
        this.clients = clients;
        this.codec = codec;
        this.executor = executor;
        this.owner = owner;
    }

    String server() {
        return server;
    }

    /** Whether all works, as far as this link knows; what was wanted just now is on its way. */
    boolean isUp() {
        return connection != null && !subscriptions.isInterrupted();
    }

    boolean isConnected() {
        return connection != null;
    }

    /** Whether there has been no success since the connection was lost. */
    boolean isFailing() {
        return attempts > 0;
    }

    /** Why the server gives no subscription, as far as is known; null while it does, or was not asked yet. */
    @Nullable
    String hindrance() {
        return hindrance;
    }

    /** Whether the server has answered a ping since then, by {@link System#nanoTime}. */
    boolean hasAnsweredSince(long ns) {
        return connection != null && answeredNs - ns > 0;
    }

    Collection<String> wanted() {
        return subscriptions.wanted();
    }

    /** Whether the server has the subscription, and is not about to be told to end it. */
    boolean has(String channel) {
        return subscriptions.has(channel);
    }

    void want(String channel) {
        assert executor.inEventLoop();
        if (subscriptions.want(channel)) {
            next();
        }
    }

    /** As {@link #want}, for a channel that another server had so far. */
    void takeOver(String channel) {
        assert executor.inEventLoop();
        if (subscriptions.takeOver(channel)) {
            next();
        }
    }

    void unwant(String channel) {
        assert executor.inEventLoop();
        if (subscriptions.unwant(channel)) {
            next();
        }
    }

    void connect() {
        assert executor.inEventLoop();
        clients.connectPubSub(codec, server)
                .whenComplete((made, error) -> executor.execute(() -> {
                    if (error != null) {
                        lost("cannot connect");
                        hindrance = "cannot connect: " + RedisClients.reason(error);
                    } else if (closed) {
                        made.closeAsync();
                    } else {
                        connected(made);
                    }
                }));
    }

    private void connected(StatefulRedisPubSubConnection<String, Relayed> made) {
        connection = made;
        made.addListener(listener(made));
        made.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> gone) {
                executor.execute(() -> lost(made, "connection lost"));
            }
        });
        subscriptions.connected();
        watchdog = executor.scheduleWithFixedDelay(
                () -> ping(made),
                clients.timeout().toMillis(),
                clients.timeout().toMillis(),
                TimeUnit.MILLISECONDS);
        if (!made.isOpen()) { // went before we listened
            lost(made, "lost at once");
            return;
        }
        next();
    }

    /** A connection that is open but dead would never tell. An answer is one that refuses too, as while Redis cannot save. */
    private void ping(StatefulRedisPubSubConnection<String, Relayed> of) {
        of.async().ping().whenComplete((pong, error) -> {
            executor.execute(() -> {
                if (error != null && !(error instanceof RedisCommandExecutionException)) {
                    lost(of, "no answer to a ping");
                } else if (of == connection) {
                    answeredNs = System.nanoTime();
                }
            });
        });
    }

    private void next() {
        StatefulRedisPubSubConnection<String, Relayed> open = connection;
        if (open == null || subscriptions.isWaiting()) {
            return;
        }
        Subscriptions.Step step = subscriptions.next(BATCH);
        if (!step.unsubscribe().isEmpty()) {
            unsubscribe(open, step.unsubscribe());
        }
        if (!step.subscribe().isEmpty()) {
            subscribe(open, step.subscribe());
        } else if (subscriptions.isMoreToAsk()) {
            executor.execute(this::next);
        } else if (subscriptions.settle()) {
            attempts = 0;
            owner.onSettled(this, subscriptions.takeInterrupted());
        }
    }

    private void subscribe(StatefulRedisPubSubConnection<String, Relayed> open, List<String> channels) {
        if (!clients.isSharded()) {
            watch(open, open.async().subscribe(channels.toArray(String[]::new)), channels);
            return;
        }
        for (String channel : channels) { // a command may not name two slots
            watch(open, open.async().ssubscribe(channel), List.of(channel));
        }
    }

    private void unsubscribe(StatefulRedisPubSubConnection<String, Relayed> open, List<String> channels) {
        if (!clients.isSharded()) {
            open.async().unsubscribe(channels.toArray(String[]::new));
            return;
        }
        for (String channel : channels) {
            open.async().sunsubscribe(channel);
        }
    }

    private void watch(
            StatefulRedisPubSubConnection<String, Relayed> open, RedisFuture<Void> command, List<String> channels) {
        command.whenComplete((done, error) -> {
            if (error == null) {
                return;
            }
            executor.execute(() -> {
                String message = String.valueOf(error.getMessage());
                if (!message.startsWith("MOVED")) {
                    lost(open, "cannot subscribe: " + message);
                } else if (open == connection) {
                    subscriptions.refused(channels);
                    channels.forEach(channel -> owner.onMoved(this, channel));
                    next();
                }
            });
        });
    }

    private void answered(StatefulRedisPubSubConnection<String, Relayed> by, String channel) {
        if (by != connection) {
            return;
        }
        Subscriptions.Answer answer = subscriptions.subscribed(channel);
        if (answer == Subscriptions.Answer.STALE) {
            return;
        }
        hindrance = null;
        if (answer == Subscriptions.Answer.SUBSCRIBED) {
            owner.onSubscribed(channel);
        }
        next();
    }

    private void revoked(StatefulRedisPubSubConnection<String, Relayed> by, String channel) {
        if (by == connection && subscriptions.revoked(channel)) {
            owner.onMoved(this, channel);
        }
    }

    private void lost(StatefulRedisPubSubConnection<String, Relayed> which, String cause) {
        if (which == connection) {
            lost(cause);
        }
    }

    private void lost(String cause) {
        drop();
        subscriptions.lost();
        hindrance = cause;
        if (!closed) {
            executor.schedule(
                    () -> {
                        if (!closed && connection == null) {
                            connect();
                        }
                    },
                    RedisClients.reconnectDelayMs(attempts++),
                    TimeUnit.MILLISECONDS);
            owner.onLost(this, cause);
        }
    }

    private void drop() {
        if (watchdog != null) {
            watchdog.cancel(false);
            watchdog = null;
        }
        if (connection != null) {
            if (connection.isOpen()) {
                connection.closeAsync();
            }
            connection = null;
        }
    }

    /** Makes the connection again, whatever it looks like. */
    void remake() {
        if (connection != null) {
            lost("asked to connect again");
        }
    }

    void close() {
        closed = true;
        drop();
    }

    private RedisPubSubListener<String, Relayed> listener(StatefulRedisPubSubConnection<String, Relayed> of) {
        return new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, Relayed message) {
                owner.onMessage(channel, message);
            }

            @Override
            public void smessage(String channel, Relayed message) {
                owner.onMessage(channel, message);
            }

            @Override
            public void subscribed(String channel, long count) {
                executor.execute(() -> answered(of, channel));
            }

            @Override
            public void ssubscribed(String channel, long count) {
                executor.execute(() -> answered(of, channel));
            }

            @Override
            public void sunsubscribed(String channel, long count) {
                executor.execute(() -> revoked(of, channel));
            }
        };
    }
}
