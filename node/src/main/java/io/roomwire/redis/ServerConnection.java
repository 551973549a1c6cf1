package io.roomwire.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.redis.RedisClients.StateListener;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for commands to the one server, or to the master that the Sentinels name.
 *
 * <p>Lettuce makes it anew when it is lost. When it stands but nobody answers, it is given up and another is made: a master
 * that hangs keeps its connections while the Sentinels name a new one, and commands that timed out would stay in memory
 * until they are answered.
 */
final class ServerConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    private final RedisClient client;
    private final RedisURI uri;
    private final EventExecutor executor;
    private final StateListener listener;

    private volatile @Nullable StatefulRedisConnection<String, byte[]> current;

    /** Another connection is on its way; only accessed by the executor. */
    private boolean replacing;

    /** @param listener told when another server may have taken over */
    ServerConnection(RedisClient client, RedisURI uri, EventExecutor executor, StateListener listener) {
        this.client = client;
        this.uri = uri;
        this.executor = executor;
        this.listener = listener;
    }

    CompletionStage<Void> connect() {
        long periodMs = uri.getTimeout().toMillis();
        return client.connectAsync(RedisClients.CODEC, uri).thenAccept(made -> {
            current = made;
            executor.scheduleWithFixedDelay(() -> look(), periodMs, periodMs, TimeUnit.MILLISECONDS);
        });
    }

    @Nullable
    RedisAsyncCommands<String, byte[]> commands() {
        StatefulRedisConnection<String, byte[]> made = current;
        return made == null ? null : made.async();
    }

    private void look() {
        StatefulRedisConnection<String, byte[]> asked = current;
        if (replacing || asked == null) {
            return;
        }
        asked.async().ping().whenComplete((pong, error) -> {
            if (error instanceof RedisCommandTimeoutException) {
                executor.execute(() -> giveUp(asked));
            }
        });
    }

    private void giveUp(StatefulRedisConnection<String, byte[]> hanging) {
        if (!replacing && hanging == current) {
            replacing = true;
            LOG.warn(
                    "redis: no answer to a ping for {} ms, the connection is given up",
                    uri.getTimeout().toMillis());
            hanging.closeAsync();
            replace(hanging, 0);
        }
    }

    /** Makes another beside it, for one that answers and yet does not serve. */
    void reconnect() {
        executor.execute(() -> {
            StatefulRedisConnection<String, byte[]> old = current;
            if (old != null && !replacing) {
                replacing = true;
                replace(old, 0);
            }
        });
    }

    private void replace(StatefulRedisConnection<String, byte[]> old, int attempt) {
        client.connectAsync(RedisClients.CODEC, uri)
                .whenComplete((made, error) -> executor.execute(() -> {
                    if (error == null) {
                        current = made;
                        replacing = false;
                        if (old.isOpen()) {
                            old.closeAsync();
                        }
                        listener.onUp(); // its state was told before it was in use
                    } else if (!executor.isShuttingDown()) {
                        executor.schedule(
                                () -> replace(old, attempt + 1),
                                RedisClients.reconnectDelayMs(attempt),
                                TimeUnit.MILLISECONDS);
                    }
                }));
    }
}
