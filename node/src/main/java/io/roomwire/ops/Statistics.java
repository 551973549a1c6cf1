package io.roomwire.ops;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/** A few numbers for people, from the same counters as the metrics. Any thread may call, but for {@link #sample}. */
final class Statistics {
    /** The rate is over so many samples: a second is too restless to read. */
    private static final int WINDOW = 5;

    private final Metrics metrics;
    private final IntSupplier connections;
    private final long[] receivedAt = new long[WINDOW];
    private final long[] sampledNs = new long[WINDOW];
    private int samples;
    private volatile double receivedPerSecond;

    Statistics(Metrics metrics, IntSupplier connections) {
        this.metrics = metrics;
        this.connections = connections;
    }

    /** Called about once a second, by one thread. */
    void sample() {
        int slot = samples % WINDOW;
        long now = System.nanoTime();
        long received = metrics.received();
        int oldest = samples < WINDOW ? 0 : slot;
        if (samples > 0) {
            double seconds = (now - sampledNs[oldest]) / 1e9;
            receivedPerSecond = (received - receivedAt[oldest]) / seconds;
        }
        receivedAt[slot] = received;
        sampledNs[slot] = now;
        samples++;
    }

    /** The answer of {@code /stats}. */
    Map<String, Object> report() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("connections_total", metrics.connectionsTotal());
        report.put("connections_active", connections.getAsInt());
        report.put("messages_received", metrics.received());
        report.put("messages_sent", metrics.sent());
        report.put("messages_dropped", metrics.dropped());
        report.put("messages_per_second", Math.round(receivedPerSecond * 10) / 10.0);
        return report;
    }
}
