package io.roomwire.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.PipelinedRedisFuture;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.IOUringProvider;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.ops.Rarely;
import java.io.File;
import java.lang.reflect.Proxy;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's way to Redis in whatever form: one connection for commands, which mends itself, one for answers that are long,
 * and connections for pub/sub, which whoever asked for them makes again: Lettuce would subscribe to fifty thousand channels
 * in one command.
 *
 * <p>Any thread may call; only {@link #start} and {@link #close} block. While Redis is away commands fail at once.
 */
public final class RedisClients implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisClients.class);

    /** Full jitter, so that the nodes of a cluster do not come back in step. */
    private static final Duration RECONNECT_BASE = Duration.ofMillis(50);

    /** A part of the 5 s in which a healed fault has to be forgotten. */
    private static final Duration RECONNECT_CAP = Duration.ofSeconds(2);

    /** Commands without an answer; more means that Redis does not keep up, and the rest would wait in our memory. */
    static final int QUEUE_COMMANDS = 50_000;

    private static final Duration TOPOLOGY_PERIOD = Duration.ofSeconds(30);

    /** Timeouts until the start is given up: Lettuce looks for the topology, connects and says hello, each with its own. */
    private static final int START_TIMEOUTS = 4;

    /** What a server says of a password or of rights that will not do. */
    private static final Pattern REFUSED_FOR_GOOD = Pattern.compile("(WRONGPASS|NOAUTH|NOPERM)\\b");

    /** What a replica says to a write; a script's failure quotes it in the middle. */
    private static final Pattern READ_ONLY = Pattern.compile("\\b(READONLY|MASTERDOWN) ");

    /** What servers of a cluster say of keys of which some are here and some are there. */
    private static final Pattern MOVING = Pattern.compile("\\bTRYAGAIN |\\ba non local key\\b");

    /** Whoever looks at the health every 10 s sees it. */
    private static final long MOVING_SHOWN_NS = TimeUnit.SECONDS.toNanos(15);

    static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private static final RedisClusterAsyncCommands<String, byte[]> REFUSING = refusing();

    private final Config.Redis config;
    private final RoomKeys keys;
    private final List<RedisURI> uris;
    private final ClientResources resources;
    private final RedisClient pubSubClient;
    private final @Nullable RedisClient client;
    private final @Nullable RedisClusterClient clusterClient;
    private final Listeners listeners = new Listeners();

    /**
     * The connections for commands that Lettuce has reported as made. Lettuce also reports the loss of connections that it
     * never reported as made, when the server did not answer HELLO; those must not count.
     */
    private final Set<RedisChannelHandler<?, ?>> connected = ConcurrentHashMap.newKeySet();

    private final AtomicLong connections = new AtomicLong();

    private volatile boolean closing;
    private volatile boolean wasMoving;
    private volatile long movingNs;
    private final Rarely movingLogged = new Rarely();

    private final PageConnection pages;
    private final @Nullable ServerConnection server;
    private final @Nullable ClusterConnections cluster;
    private final @Nullable SentinelWatch sentinels;

    /**
     * Looks at the URI without connecting.
     *
     * @throws ConfigException if it cannot be used, or does not fit the mode
     */
    public static void check(Config.Redis config) {
        RedisAddress.of(config);
    }

    /** @throws ConfigException if the URI does not fit the mode */
    public RedisClients(Config.Redis config) {
        this.config = config;
        keys = new RoomKeys(config.prefix());
        uris = RedisAddress.of(config);
        resources = DefaultClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .reconnectDelay(() -> Delay.fullJitter(Duration.ZERO, RECONNECT_CAP, 50, TimeUnit.MILLISECONDS))
                .build();
        pubSubClient = RedisClient.create(resources);
        pubSubClient.setOptions(
                options(ClientOptions.builder()).autoReconnect(false).build());
        pages = new PageConnection(pubSubClient, uris.get(0));
        State state = new State();
        if (config.mode() == Config.RedisMode.CLUSTER) {
            client = null;
            server = null;
            sentinels = null;
            clusterClient = RedisClusterClient.create(resources, uris);
            ClusterClientOptions.Builder options = ClusterClientOptions.builder();
            options(options);
            clusterClient.setOptions(options.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                            .enablePeriodicRefresh(TOPOLOGY_PERIOD)
                            .build())
                    .build());
            clusterClient.addListener(state);
            cluster = new ClusterConnections(clusterClient, executor(), listeners);
        } else {
            clusterClient = null;
            cluster = null;
            client = RedisClient.create(resources);
            client.setOptions(options(ClientOptions.builder()).build());
            client.addListener(state);
            server = new ServerConnection(client, uris.get(0), executor(), listeners, pages);
            sentinels = config.mode() == Config.RedisMode.SENTINEL
                    ? new SentinelWatch(pubSubClient, uris.get(0), executor(), server::follow)
                    : null;
        }
    }

    private ClientOptions.Builder options(ClientOptions.Builder builder) {
        if (!config.caFile().isEmpty()) {
            builder.sslOptions(
                    SslOptions.builder().trustManager(new File(config.caFile())).build());
        }
        return builder.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(QUEUE_COMMANDS)
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .socketOptions(socketOptions())
                .timeoutOptions(TimeoutOptions.enabled(timeout()));
    }

    private SocketOptions socketOptions() {
        SocketOptions.Builder builder =
                SocketOptions.builder().connectTimeout(timeout()).keepAlive(true);
        // Lettuce refuses to connect at all with an option that the JDK's sockets have not; then pings have to do.
        if (EpollProvider.isAvailable() || IOUringProvider.isAvailable()) {
            builder.tcpUserTimeout(
                    TcpUserTimeoutOptions.builder() // what a server that hangs does not take goes with it
                            .enable()
                            .tcpUserTimeout(timeout())
                            .build());
        }
        return builder.build();
    }

    /**
     * Connects. Blocks until Redis has answered, for a bounded time; a Redis that is away is sought until it is there.
     *
     * @return why it cannot be reached now and what to look at; null if it can
     * @throws ConfigException if trying again is of no use: password, rights or certificate are wrong
     */
    public @Nullable String start() {
        if (sentinels != null) {
            sentinels.start();
        }
        long limitMs = START_TIMEOUTS * config.timeoutMs();
        CompletableFuture<Void> first = connect();
        try {
            first.get(limitMs, TimeUnit.MILLISECONDS);
            return null;
        } catch (TimeoutException e) {
            first.whenComplete((done, error) -> sought(0, error));
            return unreachable("no answer within " + limitMs + " ms");
        } catch (ExecutionException e) {
            String reason = reason(e);
            boolean forGood = false;
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                forGood |= cause instanceof SSLException
                        || REFUSED_FOR_GOOD
                                .matcher(String.valueOf(cause.getMessage()))
                                .lookingAt();
            }
            if (forGood) {
                throw new ConfigException(unreachable(reason));
            }
            sought(0, e);
            return unreachable(reason);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unreachable("interrupted while it connects");
        }
    }

    /** Why it failed, in the words of whoever refused: Lettuce says where, and only the last cause says why. */
    public static String reason(Throwable error) {
        Throwable last = error;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return String.valueOf(last.getMessage());
    }

    private String unreachable(String why) {
        return "redis.uri: cannot connect to " + RedisAddress.shown(config) + ", taken for "
                + config.mode().name().toLowerCase(Locale.ROOT) + " (redis.mode): " + why;
    }

    private CompletableFuture<Void> connect() {
        CompletionStage<Void> connected = server != null
                ? server.connect()
                : Objects.requireNonNull(cluster).connect();
        return connected.toCompletableFuture();
    }

    private void sought(int attempt, @Nullable Throwable error) {
        if (error == null) {
            listeners.onUp(); // its state was told before it was in use
        } else if (!closing) {
            executor()
                    .schedule(
                            () -> connect().whenComplete((done, again) -> sought(attempt + 1, again)),
                            reconnectDelayMs(attempt),
                            TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Makes the connection for commands again, for one that is open and does not serve. The old one serves until the new one
     * stands; what then waits for its answer fails.
     */
    public void reconnect() {
        if (closing) {
            return;
        }
        if (server != null) {
            server.reconnect();
        } else {
            Objects.requireNonNull(cluster).reconnect();
        }
    }

    /** Whether writes are refused, since the URI leads to a replica; then the master is looked for. */
    public boolean isAtReplica() {
        return server != null && server.isAtReplica();
    }

    /** A script failed: if that is a replica's word, its master is looked for. */
    void failed(Throwable error) {
        String message = String.valueOf(error.getMessage());
        if (server != null && READ_ONLY.matcher(message).find()) {
            server.leave();
        } else if (clusterClient != null && MOVING.matcher(message).find()) {
            movingNs = System.nanoTime();
            wasMoving = true;
            if (movingLogged.now()) {
                LOG.warn(
                        "redis: a slot is between two servers, and what is in it is unavailable: {}; if that stays, a move was"
                                + " given up: see redis-cli --cluster check, and mend it by redis-cli --cluster fix",
                        message);
            }
        }
    }

    /** Whether a slot was between two servers just now, so that some rooms are unavailable. */
    public boolean isSlotMoving() {
        return wasMoving && System.nanoTime() - movingNs < MOVING_SHOWN_NS;
    }

    /** How many connections for commands there have been: another number, another connection, and perhaps another server. */
    long connections() {
        return connections.get();
    }

    /** Fails where there is a cluster, since each of its masters has replicas of its own. */
    CompletionStage<Long> waitForReplicas(int count, long timeoutMs) {
        RedisAsyncCommands<String, byte[]> commands = server == null ? null : server.commands();
        return commands == null || closing
                ? CompletableFuture.failedFuture(new RedisConnectionException("Redis was not reached yet"))
                : commands.waitForReplication(count, timeoutMs);
    }

    /**
     * Commands, pipelined on one connection a server; each ends within the timeout. None throws: one for which there is no
     * room, or no connection, completes with the error.
     */
    public RedisClusterAsyncCommands<String, byte[]> commands() {
        RedisClusterAsyncCommands<String, byte[]> started = server != null
                ? server.commands()
                : Objects.requireNonNull(cluster).commands();
        return started == null || closing ? REFUSING : started; // Lettuce would throw once its timer has ended
    }

    /**
     * Where a long answer can be asked for by {@link #pageCommands} now; null if nowhere. If it is another place, or none, when
     * the answer has come, that may be older than what was written meanwhile by {@link #commands}.
     */
    public @Nullable String pagesAt() {
        return cluster == null ? pages.at() : cluster.pageCommands() == null ? null : "cluster";
    }

    /** Commands whose answers are long, on connections of their own. */
    public RedisClusterAsyncCommands<String, byte[]> pageCommands() {
        RedisClusterAsyncCommands<String, byte[]> made = cluster == null ? pages.commands() : cluster.pageCommands();
        return made == null || closing ? REFUSING : made;
    }

    /** One of those commands failed. */
    public void pagesFailed(Throwable error) {
        if (!(error instanceof RedisCommandExecutionException)) { // which is an answer
            pages.drop();
        }
    }

    /** Refuses every command, as Lettuce does while a connection that it once had is lost; before the first and after the end. */
    @SuppressWarnings("unchecked") // a class has no parameters at run time
    private static RedisClusterAsyncCommands<String, byte[]> refusing() {
        return (RedisClusterAsyncCommands<String, byte[]>) Proxy.newProxyInstance(
                RedisClients.class.getClassLoader(),
                new Class<?>[] {RedisClusterAsyncCommands.class},
                (proxy, method, arguments) -> new PipelinedRedisFuture<>(CompletableFuture.failedFuture(
                        new RedisConnectionException("there is no connection to Redis"))));
    }

    /**
     * Publishes to the channel, by the command that the form of Redis has for it. Done with the number of those who heard it
     * at the server that was asked.
     */
    public CompletionStage<Long> publish(String channel, byte[] message) {
        return isSharded() ? commands().spublish(channel, message) : commands().publish(channel, message);
    }

    /** That command's name, for scripts that publish. */
    public String publishCommand() {
        return isSharded() ? "SPUBLISH" : "PUBLISH";
    }

    /** The names of this deployment. */
    public RoomKeys keys() {
        return keys;
    }

    /** The number of the database that the URI names. */
    public int database() {
        return uris.get(0).getDatabase();
    }

    /** Commands at every server that takes writes, each by itself. Fails as long as Redis was not reached. */
    CompletionStage<List<RedisClusterAsyncCommands<String, byte[]>>> masters() {
        RedisClusterAsyncCommands<String, byte[]> only = server == null ? null : server.commands();
        return only != null
                ? CompletableFuture.completedFuture(List.of(only))
                : cluster != null
                        ? cluster.masters()
                        : CompletableFuture.failedFuture(new RedisConnectionException("Redis was not reached yet"));
    }

    /** Their names, as {@link #serverOf} gives them. */
    List<String> masterNames() {
        Partitions servers = servers();
        return clusterClient == null
                ? List.of("")
                : servers == null
                        ? List.of()
                        : servers.stream()
                                .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM))
                                .map(RedisClusterNode::getNodeId)
                                .toList();
    }

    /** The URI without its credentials. */
    String shown() {
        return RedisAddress.shown(config);
    }

    /** Whether channels belong to slots, and so to servers. */
    public boolean isSharded() {
        return clusterClient != null;
    }

    /** Whether the connection for commands stands. */
    public boolean isUp() {
        return !connected.isEmpty();
    }

    /** The servers of the cluster; null until it was reached, since Lettuce would wait for it. */
    private @Nullable Partitions servers() {
        return clusterClient == null || cluster == null || cluster.commands() == null
                ? null
                : clusterClient.getPartitions();
    }

    /** Which server has the channel: any, if there is but one. Fails if no server has it now. */
    public String serverOf(String channel) {
        if (clusterClient == null) {
            return "";
        }
        Partitions servers = servers();
        RedisClusterNode node = servers == null ? null : servers.getMasterBySlot(SlotHash.getSlot(channel));
        return node == null ? "" : node.getNodeId();
    }

    /** A server's name for people: its address, as far as it is known. */
    public String nameOf(String server) {
        RedisURI uri = uris.get(0);
        if (clusterClient != null) {
            Partitions servers = servers();
            RedisClusterNode node = servers == null ? null : servers.getPartitionByNodeId(server);
            uri = node == null ? null : node.getUri();
        }
        return uri == null || uri.getHost() == null ? "Redis" : "Redis " + uri.getHost() + ":" + uri.getPort();
    }

    /**
     * A new connection for pub/sub, which is not made again when it is lost.
     *
     * @param server as {@link #serverOf} said
     */
    public <V> CompletionStage<StatefulRedisPubSubConnection<String, V>> connectPubSub(
            RedisCodec<String, V> codec, String server) {
        if (closing) {
            return CompletableFuture.failedFuture(new IllegalStateException("closing"));
        }
        if (clusterClient == null) {
            return pubSubClient.connectPubSubAsync(codec, uris.get(0));
        }
        Partitions servers = servers();
        RedisClusterNode node = servers == null ? null : servers.getPartitionByNodeId(server);
        if (node == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("the cluster has no such server now"));
        }
        return pubSubClient.connectPubSubAsync(codec, asOurs(node.getUri()));
    }

    /** What a cluster tells of its servers has neither user nor password: it would be the default user that subscribes. */
    private RedisURI asOurs(RedisURI told) {
        RedisURI ours = uris.get(0);
        return RedisURI.builder()
                .withHost(told.getHost())
                .withPort(told.getPort())
                .withSsl(ours)
                .withAuthentication(ours)
                .withTimeout(timeout())
                .build();
    }

    /** Asks the cluster again which server has what; done at once where there is but one. */
    public CompletionStage<Void> refresh() {
        return clusterClient == null ? CompletableFuture.completedFuture(null) : clusterClient.refreshPartitionsAsync();
    }

    /** How long to wait before the nth try to connect: grows, with full jitter. */
    public static long reconnectDelayMs(int attempt) {
        long most = Math.min(RECONNECT_CAP.toMillis(), RECONNECT_BASE.toMillis() << Math.min(attempt, 10));
        return java.util.concurrent.ThreadLocalRandom.current().nextLong(most + 1);
    }

    /** A thread for tasks and timers of one part; not for blocking ones. */
    public EventExecutor executor() {
        return resources.eventExecutorGroup().next();
    }

    public Duration timeout() {
        return Duration.ofMillis(config.timeoutMs());
    }

    /** Where the state goes; called on any thread. */
    public void listen(StateListener listener) {
        listeners.all.add(listener);
    }

    @Override
    public void close() {
        closing = true;
        if (sentinels != null) {
            sentinels.close();
        }
        CompletableFuture<?>[] ends = Stream.of(pubSubClient, client, clusterClient)
                .filter(Objects::nonNull)
                .map(each -> each.shutdownAsync(0, config.timeoutMs(), TimeUnit.MILLISECONDS))
                .toArray(CompletableFuture[]::new);
        try {
            // Lettuce's own shutdown waits for ever for a connection that is being made while its threads end.
            CompletableFuture.allOf(ends).get(2 * config.timeoutMs(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("redis: not every connection was closed in time, they end with the threads", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        resources.shutdown(0, config.timeoutMs(), TimeUnit.MILLISECONDS).awaitUninterruptibly(config.timeoutMs());
    }

    /** Who is told when Redis goes and when it is back. */
    public interface StateListener {
        /** Redis is back, or a server of it is another than it was: what was written may be lost. */
        void onUp();

        default void onDown() {}

        /** The master is another server: who listens to the old one hears no more. */
        default void onMoved() {}
    }

    private static final class Listeners implements StateListener {
        final List<StateListener> all = new CopyOnWriteArrayList<>();

        @Override
        public void onUp() {
            all.forEach(StateListener::onUp);
        }

        @Override
        public void onDown() {
            all.forEach(StateListener::onDown);
        }

        @Override
        public void onMoved() {
            all.forEach(StateListener::onMoved);
        }
    }

    /** In a cluster every server has a connection; the cluster is gone with the last. */
    private final class State implements RedisConnectionStateListener {
        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            connections.incrementAndGet();
            boolean first = connected.isEmpty();
            if (connected.add(connection) && first && !closing) {
                LOG.info("redis: connected");
                listeners.onUp();
            }
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            if (connected.remove(connection) && connected.isEmpty() && !closing) {
                LOG.warn("redis: connection lost; trying again until it is back");
                listeners.onDown();
            }
        }
    }
}
