package io.roomwire.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.ErrorCode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;

/**
 * What the node counts. Any thread may call; counting takes no lock.
 *
 * <p>Every meter is made here, at the start, so that a series is there before its first event and none is ever looked up
 * by name on the way of a message.
 */
public final class Metrics implements AutoCloseable {
    /** From one pass of an idle loop to the backlog of a dying one. */
    private static final Duration[] LATENCIES = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    /** Close codes of clients that are counted by themselves; whatever else a client invents is "other". */
    private static final int[] CLIENT_CODES = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009};

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Counter connections;
    private final Counter received;
    private final Counter sent;
    private final Counter droppedSlow;
    private final Timer delivery;
    private final Timer append;
    private final Timer loopLag;
    private final Map<ErrorCode, Counter> errors = new EnumMap<>(ErrorCode.class);
    private final Map<HandshakeRefusal, Counter> refused = new EnumMap<>(HandshakeRefusal.class);
    private final Map<Integer, Counter> closed = new TreeMap<>();
    private final Counter closedOther;
    private final Counter tlsReloaded;
    private final Counter tlsNotReloaded;

    public Metrics() {
        connections = counter("roomwire.connections", "WebSocket connections that were opened");
        received = counter("roomwire.messages.received", "Text messages that clients sent");
        sent = counter("roomwire.messages.sent", "Messages of rooms that were handed to sockets, one a recipient");
        droppedSlow = counter(
                "roomwire.messages.dropped",
                "Messages of rooms that a recipient did not get",
                "reason",
                "slow_consumer");
        delivery = timer("roomwire.delivery", "From accepting a message to handing it to the last socket of a loop");
        append = timer("roomwire.log.append", "From handing a message to its room's log until the log has answered");
        loopLag = timer("roomwire.event.loop.lag", "How much later than asked for an event loop ran a task");
        for (ErrorCode code : ErrorCode.values()) {
            errors.put(
                    code,
                    counter(
                            "roomwire.errors",
                            "Errors that clients were told, in frames and in answers about history by HTTP",
                            "code",
                            code.wireName()));
        }
        for (HandshakeRefusal reason : HandshakeRefusal.values()) {
            refused.put(
                    reason,
                    counter(
                            "roomwire.handshakes.refused",
                            "Connections that did not become a WebSocket",
                            "reason",
                            reason.tag()));
        }
        for (CloseCode code : CloseCode.values()) {
            closed.put(code.code(), closedBy(String.valueOf(code.code())));
        }
        for (int code : CLIENT_CODES) {
            closed.computeIfAbsent(code, c -> closedBy(String.valueOf(c)));
        }
        closedOther = closedBy("other");
        tlsReloaded = tlsReload("ok");
        tlsNotReloaded = tlsReload("failed");
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private Counter counter(String name, String description, String tag, String value) {
        return Counter.builder(name).description(description).tag(tag, value).register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
    }

    private Counter closedBy(String code) {
        return counter(
                "roomwire.connections.closed",
                "Connections that ended, by close code; 1005 and 1006 as RFC 6455 has them",
                "code",
                code);
    }

    private Counter tlsReload(String result) {
        return counter("roomwire.tls.reloads", "Changes of the certificate's files that were seen", "result", result);
    }

    /** Adds a value that is asked for when somebody looks. */
    public <T> void gauge(String name, String description, T state, ToDoubleFunction<T> value) {
        Gauge.builder(name, state, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /** Adds a count that somebody else keeps, and that is asked for when somebody looks. */
    public <T> void count(String name, String description, T state, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, state, value).description(description).register(registry);
    }

    /** Adds a histogram, and gives what takes its times in nanoseconds. */
    public LongConsumer times(String name, String description) {
        Timer timer = timer(name, description);
        return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    public void connectionOpened() {
        connections.increment();
    }

    public void handshakeRefused(HandshakeRefusal reason) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    /** The certificate's files have changed; what is in them may be of use or not. */
    public void tlsReloaded(boolean usable) {
        (usable ? tlsReloaded : tlsNotReloaded).increment();
    }

    public void connectionClosed(int code) {
        closed.getOrDefault(code, closedOther).increment();
    }

    public void messageReceived() {
        received.increment();
    }

    /** So many recipients were served. */
    public void messagesSent(long deliveries) {
        sent.increment((double) deliveries);
    }

    /** So many recipients missed a message since they read too slowly. */
    public void messagesDropped(long deliveries) {
        droppedSlow.increment((double) deliveries);
    }

    public void error(ErrorCode code) {
        Counter counter = errors.get(code);
        if (counter != null) {
            counter.increment();
        }
    }

    /** A message took so long from being accepted to the last socket of a loop. */
    public void delivered(long nanos) {
        delivery.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** The log has answered for a message, even with a refusal, after so long. */
    public void appended(long nanos) {
        append.record(nanos, TimeUnit.NANOSECONDS);
    }

    public void loopLag(long nanos) {
        loopLag.record(nanos, TimeUnit.NANOSECONDS);
    }

    public long connectionsTotal() {
        return (long) connections.count();
    }

    public long received() {
        return (long) received.count();
    }

    public long sent() {
        return (long) sent.count();
    }

    public long dropped() {
        return (long) droppedSlow.count();
    }

    /** All meters in the text format of Prometheus. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
