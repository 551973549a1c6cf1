package io.roomwire.test.bench;

import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.awaitility.core.ConditionTimeoutException;
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

    /**
     * Where connections come from, in turn; on Linux all of 127.0.0.0/8 is loopback. A kernel looks for a free port ever
     * longer once half of an address' are taken: with one address the last 15,000 of 100,000 connections took 110 s, and
     * the others 65.
     */
    private static final List<InetSocketAddress> SOURCES = Stream.of("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
            .map(address -> new InetSocketAddress(address, 0))
            .toList();

    private static final int PATIENCE_S = 60;
    private static final int LATENCY_DIGITS = 3;

    private final Dialect dialect;
    private final int expected;
    private final AtomicInteger joined = new AtomicInteger();

    /** All have joined, or there is a problem. */
    private final CountDownLatch settled;

    private final Semaphore dialing = new Semaphore(DIALING_AT_ONCE);
    private final SortedMap<Integer, Channel> channels = new ConcurrentSkipListMap<>();
    private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
    private final Recorder latencies = new Recorder(LATENCY_DIGITS);
    private final LongAdder deliveries = new LongAdder();
    private final Runnable onReceived;
    private final boolean hearsAcks;
    private volatile boolean closing;
    private int memberships;

    private Audience(Dialect dialect, int size, boolean hearsAcks, Runnable onReceived) {
        this.dialect = dialect;
        expected = size;
        settled = new CountDownLatch(Math.min(size, 1));
        this.hearsAcks = hearsAcks;
        this.onReceived = onReceived;
    }

    /** Members of a room of a node, when all have joined. */
    static Audience of(URI node, String room, String prefix, int size) throws InterruptedException {
        return of(List.of(node), Dialect.ROOMWIRE, size, number -> List.of(room), prefix);
    }

    /** Members of as many rooms, spread evenly: member i is in room i mod {@code rooms}, named as that is. */
    static Audience ofRooms(URI node, int rooms, String prefix, int size) throws InterruptedException {
        return of(List.of(node), Dialect.ROOMWIRE, size, number -> List.of(room(number % rooms)), prefix);
    }

    /** Clients of a server that asks for no join. */
    static Audience of(URI server, int size) throws InterruptedException {
        return of(List.of(server), Dialect.PLAIN, size, number -> List.of(), "client");
    }

    /**
     * Members, member i at server i mod the number of servers.
     *
     * @param rooms that a member is in, by its number
     */
    static Audience of(List<URI> servers, Dialect dialect, int size, IntFunction<List<String>> rooms, String prefix)
            throws InterruptedException {
        return new Audience(dialect, size, false, () -> {}).connect(servers, rooms, prefix);
    }

    /**
     * Speakers, each in a room of its own that is named after its number, who count the acks and not the messages.
     *
     * @param onAck called for each, on an event loop
     */
    static Audience speakers(URI node, int size, Runnable onAck) throws InterruptedException {
        return new Audience(Dialect.ROOMWIRE, size, true, onAck)
                .connect(List.of(node), number -> List.of(room(number)), "speaker");
    }

    /** The name of a room of {@link #ofRooms} or {@link #speakers}. */
    static String room(int number) {
        return "room-" + number;
    }

    /** From how many addresses clients connect. */
    static int sources() {
        return Epoll.isAvailable() ? SOURCES.size() : 1;
    }

    /**
     * Null where it is not for us to say: elsewhere than on loopback, and without epoll, since a kernel that is not asked to
     * leave the port open until it knows the server gives each port to one connection alone.
     */
    private static @Nullable InetSocketAddress source(InetSocketAddress server, int number) {
        return Epoll.isAvailable() && server.getHostString().startsWith("127.")
                ? SOURCES.get(number % SOURCES.size())
                : null;
    }

    private Audience connect(List<URI> servers, IntFunction<List<String>> rooms, String prefix)
            throws InterruptedException {
        Runs.progress("connecting clients: " + expected);
        Bootstrap bootstrap = new Bootstrap()
                .group(LOOP)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true);
        if (Epoll.isAvailable()) {
            bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
        }
        for (int i = 0; i < expected && problem.get() == null; i++) {
            if (!dialing.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
                break;
            }
            List<String> entered = rooms.apply(i);
            memberships += Math.max(1, entered.size());
            Listener listener = new Listener(this, i, dialect, entered, prefix + "-" + i);
            URI server = servers.get(i % servers.size());
            InetSocketAddress address = new InetSocketAddress(server.getHost(), server.getPort());
            bootstrap
                    .clone()
                    .handler(listener)
                    .connect(address, source(address, i))
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            broke(String.valueOf(done.cause()));
                            dialing.release();
                        }
                    });
        }
        if (!settled.await(PATIENCE_S, TimeUnit.SECONDS) || joined.get() < expected) {
            throw new IllegalStateException(
                    expected - joined.get() + " of " + expected + " did not join at " + servers + ": " + problem);
        }
        return this;
    }

    /** Whether the stamps of acks count, and not those of messages. */
    boolean hearsAcks() {
        return hearsAcks;
    }

    void opened(int number, Channel channel) {
        channels.put(number, channel);
    }

    void joined() {
        if (joined.incrementAndGet() == expected) {
            settled.countDown();
        }
        dialing.release();
    }

    void received(long latencyNs) {
        latencies.recordValue(Math.max(0, latencyNs));
        deliveries.increment(); // last: whoever waits for the number looks at the latencies next
        onReceived.run();
    }

    void left() {
        if (!closing) {
            broke("a connection ended");
        }
    }

    void broke(String what) {
        problem.compareAndSet(null, what);
        settled.countDown();
    }

    /** The connection of one of them, to speak by. */
    Channel speaker() {
        return speakers().get(0);
    }

    /** All of their connections, in the order of their numbers. */
    List<Channel> speakers() {
        return List.copyOf(channels.values());
    }

    int size() {
        return channels.size();
    }

    /** In how many rooms they are, all together; a server without rooms is one. */
    int memberships() {
        return memberships;
    }

    Dialect dialect() {
        return dialect;
    }

    /** All that was ever received. */
    long deliveries() {
        return deliveries.sum();
    }

    /** Waits until some audiences have received so many since they were there, or the time is up; gives how many. */
    static long received(List<Audience> audiences, long atLeast, Duration patience) {
        LongSupplier sum =
                () -> audiences.stream().mapToLong(Audience::deliveries).sum();
        try {
            await().atMost(patience).pollInterval(Duration.ofMillis(10)).until(() -> sum.getAsLong() >= atLeast);
        } catch (ConditionTimeoutException e) {
            // What is missing is a result, and is reported.
        }
        return sum.getAsLong();
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
        channels.values().forEach(Channel::close);
    }
}
