package io.roomwire.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.net.SocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection for answers that are long, beside the main one: what is behind them there would have to wait. It is of use
 * only while both are known to be at the same process of a server: what another one says may be older than what the main
 * one has written.
 *
 * <p>Any thread may call.
 */
final class PageConnection {
    private static final Pattern PROCESS = Pattern.compile("run_id:(\\w+)");

    private final RedisClient client;
    private final RedisURI uri;
    private final AtomicBoolean connecting = new AtomicBoolean();

    private volatile @Nullable StatefulRedisConnection<String, byte[]> main;

    /** Where the main one is; null while that is not known. */
    private volatile @Nullable String mainProcess;

    private volatile @Nullable Own own;

    /** Nobody has asked for it yet: many parts of a node have none to ask. */
    private volatile boolean unwanted = true;

    private record Own(StatefulRedisConnection<String, byte[]> connection, String process) {}

    /** @param client whose connections are not made again when they are lost, since that may be elsewhere */
    PageConnection(RedisClient client, RedisURI uri) {
        this.client = client;
        this.uri = uri;
    }

    /** The main connection is another one now, for whatever reason: this one may be no better than that was. */
    void mainIs(StatefulRedisConnection<String, byte[]> connection) {
        main = connection;
        mainProcess = null;
        drop();
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> again, SocketAddress address) {
                ask(connection);
            }

            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
                if (connection.equals(main)) {
                    mainProcess = null;
                }
            }
        });
        ask(connection);
    }

    private void ask(StatefulRedisConnection<String, byte[]> connection) {
        process(connection).thenAccept(found -> {
            if (connection.equals(main)) {
                mainProcess = found;
                follow();
            }
        });
    }

    private static CompletionStage<@Nullable String> process(StatefulRedisConnection<String, byte[]> asked) {
        return asked.async().info("server").handle((text, error) -> {
            Matcher found = PROCESS.matcher(error == null ? text : "");
            return found.find() ? found.group(1) : null;
        });
    }

    /** Connects to where the main one is, unless it is there. */
    void follow() {
        if (unwanted || mainProcess == null || atOne() != null || !connecting.compareAndSet(false, true)) {
            return;
        }
        drop();
        client.connectAsync(RedisClients.CODEC, uri)
                .thenCompose(made -> process(made).thenAccept(found -> {
                    if (found == null) {
                        made.closeAsync();
                    } else {
                        own = new Own(made, found);
                    }
                }))
                .whenComplete((done, error) -> connecting.set(false));
    }

    /** It did not serve: another one is made, with the next look at the main one. */
    void drop() {
        Own old = own;
        own = null;
        if (old != null) {
            old.connection.closeAsync();
        }
    }

    /** The process at which both are now; null if they are not at one, or that is not known. */
    @Nullable
    String at() {
        if (unwanted) {
            unwanted = false;
            follow();
        }
        return atOne();
    }

    private @Nullable String atOne() {
        Own mine = own;
        return mine != null && mine.connection.isOpen() && mine.process.equals(mainProcess) ? mine.process : null;
    }

    @Nullable
    RedisClusterAsyncCommands<String, byte[]> commands() {
        Own mine = own;
        return mine == null ? null : mine.connection.async();
    }
}
