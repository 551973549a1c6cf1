package io.roomwire.test.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one stretch of talking cost.
 *
 * @param messages that were said
 * @param lost deliveries that did not come
 * @param cpuUs CPU time of each process, by its name
 * @param latencies of each audience, in the order in which they were given
 */
record Measurement(int messages, long lost, Map<String, Long> cpuUs, List<Histogram> latencies) {
    /** For the last message to arrive everywhere. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    /**
     * Talks and measures.
     *
     * @param processes pids of those whose CPU time counts, by name
     */
    static Measurement of(
            Publisher publisher,
            double perSecond,
            double seconds,
            List<Audience> audiences,
            Map<String, Long> processes) {
        audiences.forEach(Audience::latencies);
        long before = audiences.stream().mapToLong(Audience::deliveries).sum();
        Map<String, Long> cpuUs = new LinkedHashMap<>();
        processes.forEach((name, pid) -> cpuUs.put(name, -ProcessCpu.micros(pid)));
        int messages = publisher.speak(perSecond, seconds);
        long expected = (long) messages
                * publisher.hearers(
                        audiences.stream().mapToInt(Audience::memberships).sum());
        long received = Audience.received(audiences, before + expected, DRAIN) - before;
        processes.forEach((name, pid) -> cpuUs.merge(name, ProcessCpu.micros(pid), Long::sum));
        audiences.forEach(Audience::check);
        return new Measurement(
                messages,
                expected - received,
                cpuUs,
                audiences.stream().map(Audience::latencies).toList());
    }

    /** CPU time of one process, divided. */
    double cpuUs(String process, double by) {
        Long used = cpuUs.get(process);
        if (used == null) {
            throw new IllegalArgumentException("no process " + process + " among " + cpuUs.keySet());
        }
        return used / by;
    }

    /** CPU time of all processes together, divided. */
    double cpuUs(double by) {
        return cpuUs.values().stream().mapToLong(Long::longValue).sum() / by;
    }

    /** A percentile of an audience's latency. */
    double latencyMs(int audience, double percentile) {
        return latencies.get(audience).getValueAtPercentile(percentile) / 1e6;
    }
}
