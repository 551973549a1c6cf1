package io.roomwire.test.bench;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** One of the servers of a comparison, with its audience. */
final class Contestant implements AutoCloseable {
    private static final String ROOM = "room";

    /** Longer than this and a server has fallen behind, and its queues grow. */
    private static final double HELD_MS = 500;

    private final String name;
    private final Supplier<List<Long>> pids;
    private final Audience audience;
    private final Publisher publisher;

    private Contestant(String name, Supplier<List<Long>> pids, Audience audience, Load load) {
        this.name = name;
        this.pids = pids;
        this.audience = audience;
        publisher = Publisher.inRoom(audience, ROOM, load);
    }

    /**
     * Lets its members join, spread over its servers.
     *
     * @param pids asked for each time, since a server may start a process late
     */
    static Contestant joined(
            String name, Dialect dialect, List<URI> addresses, Supplier<List<Long>> pids, int members, Load load)
            throws InterruptedException {
        return new Contestant(
                name, pids, Audience.of(addresses, dialect, members, number -> List.of(ROOM), "member"), load);
    }

    String name() {
        return name;
    }

    Measurement measure(double rate, double seconds) {
        Map<String, Long> processes = new LinkedHashMap<>();
        pids.get().forEach(pid -> processes.put("process " + pid, pid));
        return Measurement.of(publisher, rate, seconds, List.of(audience), processes);
    }

    /** CPU time of a delivery in µs, over all of its processes. */
    double cpuUs(Measurement cost) {
        return cost.cpuUs((double) cost.messages() * audience.size());
    }

    /** Deliveries a second at a rate of messages. */
    double deliveries(double rate) {
        return rate * audience.size();
    }

    /** Whether it kept up: nothing lost, nobody sent away, and no queue that grew. */
    static boolean held(Measurement cost) {
        return cost.lost() == 0 && cost.latencyMs(0, 99) <= HELD_MS;
    }

    @Override
    public void close() {
        audience.close();
    }
}
