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
import java.net.URI;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
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

    private final Dialect dialect;
    private final CountDownLatch missing;
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
        missing = new CountDownLatch(size);
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

    private Audience connect(List<URI> servers, IntFunction<List<String>> rooms, String prefix)
            throws InterruptedException {
        int size = Math.toIntExact(missing.getCount());
        Runs.progress("connecting clients: " + size);
        Bootstrap bootstrap = new Bootstrap()
                .group(LOOP)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true);
        for (int i = 0; i < size && problem.get() == null; i++) {
            if (!dialing.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
                break;
            }
            List<String> entered = rooms.apply(i);
            memberships += Math.max(1, entered.size());
            Listener listener = new Listener(this, i, dialect, entered, prefix + "-" + i);
            URI server = servers.get(i % servers.size());
            bootstrap
                    .clone()
                    .handler(listener)
                    .connect(server.getHost(), server.getPort())
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            broke(String.valueOf(done.cause()));
                            dialing.release();
                        }
                    });
        }
        if (!missing.await(problem.get() == null ? PATIENCE_S : 0, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    missing.getCount() + " of " + size + " did not join at " + servers + ": " + problem);
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
        missing.countDown();
        dialing.release();
    }

    void received(long latencyNs) {
        deliveries.increment();
        latencies.recordValue(Math.max(0, latencyNs));
        onReceived.run();
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
