package io.roomwire.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Listens to each Sentinel for its word that another server is the master. The old one keeps its connections and takes writes
 * for some ten seconds after a failover that was planned: who waits for it to say that it is no master writes what is lost.
 *
 * <p>Any thread may call.
 */
final class SentinelWatch {
    private static final String SWITCHED = "+switch-master";

    private final RedisClient client;
    private final RedisURI uri;
    private final EventExecutor executor;
    private final Runnable onSwitch;
    private volatile boolean closed;

    /**
     * @param client whose connections are not made again when they are lost
     * @param uri with the Sentinels and the name of the master
     * @param onSwitch may be told more than once of one switch: each Sentinel learns of it in its own time, and one that does
     *     not know yet names the old master
     */
    SentinelWatch(RedisClient client, RedisURI uri, EventExecutor executor, Runnable onSwitch) {
        this.client = client;
        this.uri = uri;
        this.executor = executor;
        this.onSwitch = onSwitch;
    }

    void start() {
        uri.getSentinels().forEach(sentinel -> connect(sentinel, 0));
    }

    void close() {
        closed = true;
    }

    private void connect(RedisURI sentinel, int attempt) {
        if (closed) {
            return;
        }
        client.connectPubSubAsync(StringCodec.UTF8, sentinel).whenComplete((made, error) -> {
            if (error == null) {
                listen(sentinel, made);
                if (attempt > 0) { // it may have told while nobody listened
                    onSwitch.run();
                }
            } else {
                later(sentinel, attempt + 1);
            }
        });
    }

    private void later(RedisURI sentinel, int attempt) {
        if (!closed && !executor.isShuttingDown()) {
            executor.schedule(
                    () -> connect(sentinel, attempt), RedisClients.reconnectDelayMs(attempt), TimeUnit.MILLISECONDS);
        }
    }

    private void listen(RedisURI sentinel, StatefulRedisPubSubConnection<String, String> made) {
        made.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) { // name, old host, old port, new host, new port
                if (message.startsWith(uri.getSentinelMasterId() + " ")) {
                    onSwitch.run();
                }
            }
        });
        made.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> gone) {
                later(sentinel, 1);
            }
        });
        made.async().subscribe(SWITCHED).exceptionally(refused -> {
            made.closeAsync();
            return null;
        });
    }
}
