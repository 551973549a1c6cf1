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
 * <p>Lettuce makes it again when it is lost. When it stands but nobody answers, it is given up and another is made: a master
 * that hangs keeps its connections while the Sentinels name a new one, and commands that timed out would stay in memory
 * until they are answered. A master that was made a replica keeps its connections too, and answers all that only reads: it is
 * left for the server to which the URI leads by then.
 *
 * <p>Any thread may call.
 */
final class ServerConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    /** Every write is refused by a replica; one try in that time is enough. */
    private static final long LEAVE_AGAIN_NS = TimeUnit.SECONDS.toNanos(1);

    private final RedisClient client;
    private final RedisURI uri;
    private final EventExecutor executor;
    private final StateListener listener;
    private final PageConnection pages;

    private volatile @Nullable StatefulRedisConnection<String, byte[]> current;
    private volatile boolean atReplica;

    /** Another connection is on its way; only accessed by the executor, as what follows. */
    private boolean replacing;

    /** Somebody has told of another master while a connection was on its way. */
    private boolean again;

    private boolean everLeft;
    private long leftNs;

    /**
     * @param listener told when another server may have taken over
     * @param pages told of each connection
     */
    ServerConnection(
            RedisClient client, RedisURI uri, EventExecutor executor, StateListener listener, PageConnection pages) {
        this.pages = pages;
        this.client = client;
        this.uri = uri;
        this.executor = executor;
        this.listener = listener;
    }

    CompletionStage<Void> connect() {
        long periodMs = uri.getTimeout().toMillis();
        return client.connectAsync(RedisClients.CODEC, uri).thenAccept(made -> {
            current = made;
            pages.mainIs(made);
            executor.execute(this::look);
            executor.scheduleWithFixedDelay(this::look, periodMs, periodMs, TimeUnit.MILLISECONDS);
        });
    }

    @Nullable
    RedisAsyncCommands<String, byte[]> commands() {
        StatefulRedisConnection<String, byte[]> made = current;
        return made == null ? null : made.async();
    }

    /** Whether the URI led to a replica when it was last looked at. */
    boolean isAtReplica() {
        return atReplica;
    }

    private void look() {
        StatefulRedisConnection<String, byte[]> asked = current;
        if (replacing || asked == null) {
            return;
        }
        pages.follow();
        asked.async().ping().whenComplete((pong, error) -> {
            if (error instanceof RedisCommandTimeoutException) {
                executor.execute(() -> giveUp(asked));
            }
        });
        isReplica(asked).thenAccept(replica -> {
            if (replica) {
                leave();
            } else {
                atReplica = false;
            }
        });
    }

    /** What it says itself, since a replica answers pings and publishes; false if it does not say. */
    private static CompletionStage<Boolean> isReplica(StatefulRedisConnection<String, byte[]> asked) {
        return asked.async().info("replication").handle((text, error) -> error == null && text.contains("role:slave"));
    }

    private void giveUp(StatefulRedisConnection<String, byte[]> hanging) {
        if (!replacing && hanging == current) {
            LOG.warn(
                    "redis: no answer to a ping for {} ms, the connection is given up",
                    uri.getTimeout().toMillis());
            hanging.closeAsync();
            replace(false);
        }
    }

    /** Makes another beside it, for one that answers and yet does not serve. */
    void reconnect() {
        executor.execute(() -> replace(false));
    }

    /** The server is no master any more: looks for the one that is. */
    void leave() {
        executor.execute(() -> {
            long nowNs = System.nanoTime();
            if (!replacing && (!everLeft || nowNs - leftNs > LEAVE_AGAIN_NS)) {
                everLeft = true;
                leftNs = nowNs;
                if (!atReplica) {
                    LOG.warn("redis: the server is a replica now and takes no writes; its master is looked for");
                }
                replace(true);
            }
        });
    }

    /** A Sentinel has told of another master. */
    void follow() {
        executor.execute(() -> {
            again = replacing;
            replace(true);
        });
    }

    private void replace(boolean byMaster) {
        StatefulRedisConnection<String, byte[]> old = current;
        if (old != null && !replacing) {
            replacing = true;
            connect(old, byMaster, 0);
        }
    }

    private void connect(StatefulRedisConnection<String, byte[]> old, boolean byMaster, int attempt) {
        client.connectAsync(RedisClients.CODEC, uri).whenComplete((made, error) -> {
            if (error == null) {
                isReplica(made).thenAccept(replica -> executor.execute(() -> made(old, made, byMaster, replica)));
            } else if (!executor.isShuttingDown()) {
                executor.schedule(
                        () -> connect(old, byMaster, attempt + 1),
                        RedisClients.reconnectDelayMs(attempt),
                        TimeUnit.MILLISECONDS);
            }
        });
    }

    private void made(
            StatefulRedisConnection<String, byte[]> old,
            StatefulRedisConnection<String, byte[]> made,
            boolean byMaster,
            boolean replica) {
        replacing = false;
        if (replica && !atReplica) {
            LOG.warn(
                    "redis: what redis.uri leads to is a replica, which takes no writes; it is looked at again until it is"
                            + " a master");
        }
        atReplica = replica;
        if (replica && byMaster && old.isOpen()) {
            made.closeAsync(); // no better than the old one; the next look or the next refused write tries again
            return;
        }
        current = made;
        pages.mainIs(made);
        if (old.isOpen()) {
            old.closeAsync();
        }
        listener.onUp(); // its state was told before it was in use
        if (byMaster) {
            listener.onMoved();
        }
        if (again) {
            again = false;
            replace(true);
        }
    }
}
