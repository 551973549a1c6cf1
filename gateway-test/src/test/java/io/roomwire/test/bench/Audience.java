package io.roomwire.test.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** Many members in one place, of whom only sums are kept: how much they got, and how late. Any thread may call. */
final class Audience implements AutoCloseable {
    /** One for all: on a machine that the servers share, a second one would take a core from them. */
    private static final EventLoopGroup LOOP = new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory("bench-client", true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());

    /** Fewer than a server's accept queue holds. */
    private static final int DIALING_AT_ONCE = 100;

    private static final int PATIENCE_S = 60;
    private static final int LATENCY_DIGITS = 3;

    private final CountDownLatch missing;
    private final Semaphore dialing = new Semaphore(DIALING_AT_ONCE);
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
    private final Recorder latencies = new Recorder(LATENCY_DIGITS);
    private final LongAdder deliveries = new LongAdder();
    private volatile boolean closing;

    private Audience(int size) {
        missing = new CountDownLatch(size);
    }

    /** Members of a room of a node, when all have joined. */
    static Audience of(URI node, String room, String prefix, int size) throws InterruptedException {
        return connected(
                node,
                size,
                number -> "{\"type\":\"join\",\"room_id\":\"" + room + "\",\"user_id\":\"" + prefix + "-" + number
                        + "\"}");
    }

    /** Clients of a server that asks for no join. */
    static Audience of(URI server, int size) throws InterruptedException {
        return connected(server, size, number -> null);
    }

    private static Audience connected(URI server, int size, IntFunction<@Nullable String> hello)
            throws InterruptedException {
        Audience audience = new Audience(size);
        Bootstrap bootstrap = new Bootstrap()
                .group(LOOP)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true);
        InetSocketAddress address = new InetSocketAddress(server.getHost(), server.getPort());
        for (int i = 0; i < size && audience.problem.get() == null; i++) {
            if (!audience.dialing.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
                break;
            }
            Listener listener = new Listener(audience, hello.apply(i));
            bootstrap.clone().handler(listener).connect(address).addListener(done -> {
                if (!done.isSuccess()) {
                    audience.broke(String.valueOf(done.cause()));
                    audience.dialing.release();
                }
            });
        }
        if (!audience.missing.await(audience.problem.get() == null ? PATIENCE_S : 0, TimeUnit.SECONDS)) {
            throw new IllegalStateException(audience.missing.getCount() + " of " + size + " did not join at " + server
                    + ": " + audience.problem);
        }
        return audience;
    }

    void opened(Channel channel) {
        channels.add(channel);
    }

    void joined() {
        missing.countDown();
        dialing.release();
    }

    void received(long latencyNs) {
        deliveries.increment();
        latencies.recordValue(Math.max(0, latencyNs));
    }

    void left() {
        if (!closing) {
            broke("a connection ended");
        }
    }

    void broke(String what) {
        problem.compareAndSet(null, what);
    }

    /** The connection of one of them, to speak by. */
    Channel speaker() {
        return List.copyOf(channels).get(0);
    }

    int size() {
        return channels.size();
    }

    /** All that was ever received. */
    long deliveries() {
        return deliveries.sum();
    }

    /** The latencies since the last call, in ns from the time when a message was due. */
    Histogram latencies() {
        return latencies.getIntervalHistogram();
    }

    /** @throws IllegalStateException if a member got an error or lost its connection */
    void check() {
        String what = problem.get();
        if (what != null) {
            throw new IllegalStateException("a member had a problem: " + what);
        }
    }

    @Override
    public void close() {
        closing = true;
        channels.forEach(Channel::close);
    }
}
