package io.roomwire.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.auth.Authenticator;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Faults;
import io.roomwire.connection.Loop;
import io.roomwire.ops.Metrics;
import io.roomwire.protocol.Deflate;
import io.roomwire.session.Sessions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client port and the event loops. Made, started and closed by the thread that starts the node.
 *
 * <p>On epoll each loop listens for itself (SO_REUSEPORT): the kernel spreads the connections, and none is handed from
 * one thread to another.
 */
public final class Server implements AutoCloseable {
    private static final int ACCEPT_QUEUE = 4096;

    private final Config config;
    private final boolean epoll;
    private final EventLoopGroup group;
    private final List<Loop> loops = new ArrayList<>();
    private volatile @Nullable Pipeline pipeline;
    private @Nullable ServerCertificate certificate;
    private final List<Channel> listening = new ArrayList<>();

    /** @throws ConfigException if the transport that was asked for is not available */
    public Server(Config config) {
        this.config = config;
        checkTransport(config);
        epoll = config.transport() != Config.Transport.NIO && Epoll.isAvailable();
        int threads = config.threads() == 0 ? Runtime.getRuntime().availableProcessors() : config.threads();
        IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        group = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("roomwire-loop"), factory);
        for (EventExecutor executor : group) {
            Deflate deflate =
                    new Deflate(ByteBufAllocator.DEFAULT, config.compression().minBytes());
            loops.add(new Loop(loops.size(), (EventLoop) executor, deflate));
        }
    }

    private static void checkTransport(Config config) {
        if (config.transport() == Config.Transport.EPOLL && !Epoll.isAvailable()) {
            throw new ConfigException("transport: epoll is not available here: "
                    + Epoll.unavailabilityCause().getMessage());
        }
    }

    /** Looks, without a start, for what would refuse one. */
    public static void check(Config config, Faults faults) {
        faults.in(() -> checkTransport(config));
        faults.in(() -> config.tls().ifPresent(ServerCertificate::check));
    }

    /** All loops, by index. */
    public List<Loop> loops() {
        return loops;
    }

    /** Which of epoll and nio carries the sockets. */
    public String transport() {
        return epoll ? "epoll" : "nio";
    }

    /**
     * Begins to listen.
     *
     * @return where; the port is the real one if 0 was asked for
     * @throws ConfigException if the certificate or its key cannot be used
     * @throws IOException if the address cannot be listened on
     */
    public InetSocketAddress start(Authenticator authenticator, Sessions sessions, Metrics metrics)
            throws IOException, InterruptedException {
        ServerCertificate ours =
                config.tls().map(files -> new ServerCertificate(files, metrics)).orElse(null);
        if (ours != null) {
            ours.start();
        }
        certificate = ours;
        Pipeline pipeline = new Pipeline(config, authenticator, sessions, metrics, ours);
        this.pipeline = pipeline;
        for (Loop loop : loops) {
            loop.execute(new Heartbeat(loop, config.heartbeat(), metrics)::start);
        }
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        if (address.isUnresolved()) {
            throw new IOException("host " + config.host() + " is not known");
        }
        if (epoll) {
            // Sharing the port would let a second node start on it in silence: the first listener asks for it alone.
            listen(loops.get(0), pipeline, address, false).close().sync();
            for (Loop loop : loops) {
                Channel channel = listen(loop, pipeline, address, true);
                listening.add(channel);
                address = (InetSocketAddress) channel.localAddress();
            }
        } else {
            listening.add(listen(loops.get(0), pipeline, address, false));
        }
        return (InetSocketAddress) listening.get(0).localAddress();
    }

    private Channel listen(Loop loop, Pipeline pipeline, InetSocketAddress address, boolean shared)
            throws IOException, InterruptedException {
        Class<? extends ServerSocketChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, ACCEPT_QUEUE)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new Reads());
        if (epoll) {
            bootstrap
                    .group(loop.eventLoop())
                    .option(UnixChannelOption.SO_REUSEPORT, shared)
                    .childHandler(pipeline.accepted(List.of(loop)));
        } else {
            bootstrap.group(group).childHandler(pipeline.accepted(loops));
        }
        ChannelFuture bound = bootstrap.bind(address).await();
        if (!bound.isSuccess()) {
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
        return bound.channel();
    }

    /** Whether any socket of a client is still open, in whatever state. Any thread may call. */
    public boolean hasConnections() {
        Pipeline made = pipeline;
        return made != null && made.hasConnections();
    }

    /** No more new connections; those that are here stay. */
    public void stopAccepting() {
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        listening.clear();
    }

    /** Ends the loops and with them every connection. */
    @Override
    public void close() {
        stopAccepting();
        if (certificate != null) {
            certificate.close();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        loops.clear();
    }
}
