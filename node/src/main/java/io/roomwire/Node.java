package io.roomwire;

import io.netty.buffer.ByteBufAllocator;
import io.roomwire.api.ServerApi;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.connection.Loop;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import io.roomwire.ops.OpsServer;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.room.Rooms;
import io.roomwire.session.Sessions;
import io.roomwire.transport.Server;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: makes every part, starts them, drains them, closes them.
 *
 * <p>Not thread safe: one thread starts it, and one stops it.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final long DRAIN_LOOK_MS = 20;

    /** For the last words to clients, when the node must not be there any more. */
    private static final long LEAVE_MS = 2000;

    private final Config config;
    private final Metrics metrics = new Metrics();
    private final Seams seams;
    private final Rooms rooms;
    private final Server server;
    private final Sessions sessions;
    private final Health health;
    private final OpsServer ops;

    /** Makes the parts; nothing listens yet. */
    public Node(Config config) {
        this.config = config;
        FrameWriter writer = new FrameWriter(ByteBufAllocator.DEFAULT);
        seams = new Seams(config, writer);
        server = new Server(config);
        rooms = new Rooms(config, server.loops(), seams.log(), seams.relay(), seams.presence(), writer, metrics);
        sessions = new Sessions(
                config,
                seams.entrance().authenticator(),
                seams.entrance().revocations(),
                seams.entrance().backEnd(),
                rooms,
                seams.log(),
                seams.presence(),
                writer,
                metrics);
        health = new Health(config.nodeId(), Version.TEXT, sessions::count, rooms::count);
        ServerApi api = new ServerApi(
                config.opsKeys(),
                rooms,
                seams.presence(),
                seams.orders(),
                config.auth().isOpen());
        ops = new OpsServer(
                health, metrics, sessions::count, api, config.limits().messageBytes(), config.hosts()::admit);
        metrics.count("roomwire.api.refused", "Requests of the server API without a key", api, ServerApi::refused);
        metrics.gauge("roomwire.connections.active", "Connections that are open", sessions, Sessions::count);
        metrics.gauge("roomwire.rooms", "Rooms that are open", rooms, Rooms::count);
        metrics.gauge("roomwire.backlog.bytes", "Bytes that wait for slow connections", server, Node::backlogBytes);
    }

    private static double backlogBytes(Server server) {
        return server.loops().stream().mapToLong(Loop::backlogBytes).sum();
    }

    /**
     * Where a node listens.
     *
     * @param clients the client port
     * @param ops the operations port
     */
    public record Addresses(InetSocketAddress clients, InetSocketAddress ops) {}

    /**
     * Connects to what the configuration names, then listens on both ports.
     *
     * @throws io.roomwire.config.ConfigException if what was found there cannot be used
     * @throws IOException if one cannot be listened on; names it
     */
    public Addresses start() throws IOException, InterruptedException {
        seams.start(rooms, sessions, health, metrics);
        InetSocketAddress opsAddress;
        try {
            opsAddress = ops.start(config.opsHost(), config.opsPort());
        } catch (IOException e) {
            throw new IOException(cannotListen("ops-port", config.opsHost(), config.opsPort(), e), e);
        }
        InetSocketAddress clients;
        try {
            clients = server.start(seams.entrance().authenticator(), sessions, metrics);
        } catch (IOException e) {
            throw new IOException(cannotListen("port", config.host(), config.port(), e), e);
        }
        if (!config.opsKeys().isEmpty() && !opsAddress.getAddress().isLoopbackAddress()) {
            LOG.warn(
                    "ops-host: {} is not loopback, and keys of the server API cross the network as they are",
                    opsAddress);
        }
        health.listening();
        LOG.info("node {} serves on {} by {}", config.nodeId(), clients, server.transport());
        if (config.auth().isOpen() && !clients.getAddress().isLoopbackAddress()) {
            LOG.warn("insecure is set: whoever reaches {} may do everything as anybody", clients);
        }
        return new Addresses(clients, opsAddress);
    }

    private static String cannotListen(String key, String host, int port, IOException cause) {
        return key + ": cannot listen on " + host + ":" + port + ": " + cause.getMessage();
    }

    /**
     * Says goodbye to every client, then ends; takes no longer than drain.timeout. Waits, so it must not be called from
     * an event loop.
     */
    public void drain() {
        drain(
                config.drain().graceMs(),
                config.drain().spreadMs(),
                config.drain().timeoutMs());
    }

    /** As {@link #drain}, all at once. */
    public void leave() {
        drain(0, 0, Math.min(LEAVE_MS, config.drain().timeoutMs()));
    }

    /** Done, with the reason, when the node cannot go on and is to {@link #leave}; it may never be. */
    public CompletableFuture<ConfigException> mustEnd() {
        return seams.mustEnd();
    }

    private void drain(long graceMs, long spreadMs, long timeoutMs) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        health.draining();
        LOG.info("draining: {} clients, /ready is false", sessions.count());
        if (health
                .isWatched()) { // without a balancer that asks, nobody would notice, and the wait would be for nothing
            pause(graceMs);
        }
        server.stopAccepting();
        sessions.drain(spreadMs);
        // A socket is gone before its session has left the rooms, and that takes the loops.
        while ((server.hasConnections() || sessions.count() > 0) && System.nanoTime() < deadlineNs) {
            pause(DRAIN_LOOK_MS);
        }
        if (sessions.count() > 0) {
            LOG.warn(
                    "{} clients did not go within {} ms and are cut off, they will come back by themselves",
                    sessions.count(),
                    timeoutMs);
        }
        close();
        LOG.info("stopped");
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        rooms.stop();
        server.close();
        seams.close();
        ops.close();
        metrics.close();
    }
}
