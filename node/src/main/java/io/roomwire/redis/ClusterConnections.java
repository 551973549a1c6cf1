package io.roomwire.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.redis.RedisClients.StateListener;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The connections for commands to every master of a cluster.
 *
 * <p>Lettuce connects with a server's first command, and rejects that command and all that follow until the connection
 * stands. So each is made before it is needed. A master that does not answer has the cluster asked again who is one.
 */
final class ClusterConnections {
    /** A new master is of use that long after the topology told of it. */
    private static final long PERIOD_MS = 1000;

    private final RedisClusterClient client;
    private final EventExecutor executor;
    private final StateListener listener;
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private final AtomicBoolean reconnecting = new AtomicBoolean();

    /** Connections that were seen before. */
    private final Set<StatefulRedisConnection<String, byte[]>> known =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private volatile @Nullable StatefulRedisClusterConnection<String, byte[]> connection;

    /** For long answers. Both go by the topology that the client knows, so they are at the same servers. */
    private volatile @Nullable StatefulRedisClusterConnection<String, byte[]> pages;

    private volatile boolean started;

    /** @param listener told when some server may have another state than it had: it was promoted, or came back */
    ClusterConnections(RedisClusterClient client, EventExecutor executor, StateListener listener) {
        this.client = client;
        this.executor = executor;
        this.listener = listener;
    }

    CompletionStage<Void> connect() {
        return client.refreshPartitionsAsync()
                .thenCompose(done -> client.connectAsync(RedisClients.CODEC))
                .thenCompose(made -> connectToMasters(made).thenAccept(done -> {
                    connection = made;
                    started = true;
                    makePages();
                    executor.scheduleWithFixedDelay(this::look, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
                }));
    }

    private void makePages() {
        client.connectAsync(RedisClients.CODEC).thenAccept(made -> {
            StatefulRedisClusterConnection<String, byte[]> old = pages;
            pages = made;
            if (old != null) {
                old.closeAsync();
            }
        });
    }

    /** Makes others beside them, for one that answers and yet does not serve. */
    void reconnect() {
        StatefulRedisClusterConnection<String, byte[]> old = connection;
        if (old != null && reconnecting.compareAndSet(false, true)) {
            client.connectAsync(RedisClients.CODEC)
                    .thenCompose(made -> connectToMasters(made).thenAccept(done -> connection = made))
                    .whenComplete((done, error) -> {
                        reconnecting.set(false);
                        if (error == null) {
                            old.closeAsync();
                            makePages();
                        }
                    });
        }
    }

    @Nullable
    RedisAdvancedClusterAsyncCommands<String, byte[]> commands() {
        StatefulRedisClusterConnection<String, byte[]> made = connection;
        return made == null ? null : made.async();
    }

    @Nullable
    RedisAdvancedClusterAsyncCommands<String, byte[]> pageCommands() {
        StatefulRedisClusterConnection<String, byte[]> made = pages;
        return made == null ? null : made.async();
    }

    /** Commands at each master by itself. */
    CompletionStage<List<RedisClusterAsyncCommands<String, byte[]>>> masters() {
        StatefulRedisClusterConnection<String, byte[]> made = connection;
        if (made == null) {
            return CompletableFuture.failedFuture(new RedisConnectionException("Redis was not reached yet"));
        }
        List<RedisClusterAsyncCommands<String, byte[]>> found = Collections.synchronizedList(new ArrayList<>());
        return CompletableFuture.allOf(client.getPartitions().stream()
                        .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM))
                        .map(RedisClusterNode::getUri)
                        .map(uri -> made.getConnectionAsync(uri.getHost(), uri.getPort())
                                .thenAccept(master -> found.add(master.async())))
                        .toArray(CompletableFuture[]::new))
                .thenApply(done -> List.copyOf(found));
    }

    private void look() {
        StatefulRedisClusterConnection<String, byte[]> made = connection;
        if (made != null) {
            connectToMasters(made);
        }
    }

    private CompletableFuture<Void> connectToMasters(StatefulRedisClusterConnection<String, byte[]> made) {
        return CompletableFuture.allOf(client.getPartitions().stream()
                .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM))
                .map(RedisClusterNode::getUri) // not by its id: commands for a slot have other connections
                .map(uri -> made.getConnectionAsync(uri.getHost(), uri.getPort())
                        .thenCompose(this::look)
                        .exceptionally(error -> {
                            refresh();
                            return null;
                        }))
                .toArray(CompletableFuture[]::new));
    }

    private CompletionStage<String> look(StatefulRedisConnection<String, byte[]> master) {
        if (known.add(master)) {
            master.addListener(new RedisConnectionStateListener() {
                @Override
                public void onRedisConnected(RedisChannelHandler<?, ?> again, SocketAddress address) {
                    listener.onUp();
                }
            });
            if (started) {
                listener.onUp();
            }
        }
        return master.async().ping();
    }

    private void refresh() {
        if (refreshing.compareAndSet(false, true)) {
            client.refreshPartitionsAsync().whenComplete((done, error) -> refreshing.set(false));
        }
    }
}
