package io.roomwire.relay;

import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds nodes of another deployment on the channels of this one. Channels know no database, so two deployments whose keys are
 * in databases of their own hear each other's messages, unless each has a {@code redis.prefix} of its own. Every node says
 * which database it has, and hears of others.
 *
 * <p>Belongs to the relay's executor thread, but for {@link #received} and {@link #strangers}.
 */
final class Neighbours {
    private static final Logger LOG = LoggerFactory.getLogger(Neighbours.class);

    /** Nobody waits for it: it is found when the second deployment starts, since who hears of it says so himself. */
    private static final long PERIOD_MS = 10_000;

    /** Two of its words may be lost. */
    private static final long REMEMBERED_NS = TimeUnit.MILLISECONDS.toNanos(3 * PERIOD_MS + PERIOD_MS / 2);

    private final RedisClients clients;
    private final RelayHeader header;
    private final EventExecutor executor;
    private final Probes.Publisher publisher;
    private final String channel;

    private volatile @Nullable Stranger stranger;

    private record Stranger(long database, long heardNs) {
        boolean isThere() {
            return System.nanoTime() - heardNs < REMEMBERED_NS;
        }
    }

    Neighbours(RedisClients clients, RelayHeader header, EventExecutor executor, Probes.Publisher publisher) {
        this.clients = clients;
        this.header = header;
        this.executor = executor;
        this.publisher = publisher;
        channel = clients.keys().named("here");
    }

    void start(Link link) {
        assert executor.inEventLoop();
        link.want(channel);
        executor.scheduleWithFixedDelay(this::say, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    /** Not before: who answers is to be heard. */
    void onSubscribed(String to) {
        if (to.equals(channel)) {
            say();
        }
    }

    private void say() {
        publisher.publish(channel, header.before(Kind.HERE, clients.database(), "", Unpooled.EMPTY_BUFFER));
    }

    /** A node has that database; called on any thread. */
    void received(long database) {
        if (database == clients.database()) {
            return;
        }
        boolean known = strangers() != null;
        stranger = new Stranger(database, System.nanoTime());
        if (!known) {
            executor.execute(this::say);
            LOG.warn("relay: {}", strangers());
        }
    }

    /** Who else is on these channels, and what to do about it; null if nobody. Any thread may call. */
    @Nullable
    String strangers() {
        Stranger last = stranger;
        return last == null || !last.isThere()
                ? null
                : "nodes with database " + last.database
                        + " of this Redis use the same channels as those with database " + clients.database()
                        + ", and get each other's messages: give one deployment another redis.prefix";
    }
}
