package io.roomwire.ops;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the node says of itself. Any thread may call. */
public final class Health {
    /** A part that is not configured. */
    private static final String OFF = "off";

    public static final String UP = "up";
    public static final String DOWN = "down";

    /** The slowest checks that balancers have by default come every 30 s. */
    private static final long WATCHED_NS = TimeUnit.SECONDS.toNanos(60);

    private final String node;
    private final String version;
    private final IntSupplier connections;
    private final IntSupplier rooms;
    private final Map<String, Supplier<String>> parts = new ConcurrentSkipListMap<>(Comparator.reverseOrder());
    private final long startedNs = System.nanoTime();
    private volatile Supplier<@Nullable String> hindrance = () -> null;
    private volatile boolean listening;
    private volatile boolean draining;

    /** When a balancer last asked, by {@link System#nanoTime}; null if none ever did. */
    private volatile @Nullable Long askedNs;

    public Health(String node, String version, IntSupplier connections, IntSupplier rooms) {
        this.node = node;
        this.version = version;
        this.connections = connections;
        this.rooms = rooms;
        part("redis", () -> OFF);
        part("relay", () -> OFF);
        part("postgres", () -> OFF);
    }

    /** Shows the state of a part that the node depends on, as of the moment that somebody looks. */
    public void part(String name, Supplier<String> state) {
        parts.put(name, state);
    }

    /** Clients can connect. */
    public void listening() {
        listening = true;
    }

    /** Clients should go elsewhere. */
    public void draining() {
        draining = true;
    }

    /** Clients should go elsewhere as long as this gives a reason: what is broken is of this node, and not of all. */
    public void unfitWhile(Supplier<@Nullable String> reason) {
        hindrance = reason;
    }

    /** Why a balancer should send no clients here; null if it should. It is remembered that one asked. */
    public @Nullable String answerBalancer() {
        askedNs = System.nanoTime();
        return unreadyReason();
    }

    /** Whether there is a balancer, or somebody like it, that will notice that this node is no longer ready. */
    public boolean isWatched() {
        Long asked = askedNs;
        return asked != null && System.nanoTime() - asked < WATCHED_NS;
    }

    private @Nullable String unreadyReason() {
        String phase = phase();
        return phase == null ? hindrance.get() : phase;
    }

    private @Nullable String phase() {
        return draining ? "draining" : listening ? null : "starting";
    }

    private String status() {
        String phase = phase();
        if (phase != null) {
            return phase;
        }
        boolean whole = parts.values().stream().noneMatch(state -> state.get().startsWith(DOWN));
        return whole ? "ok" : "degraded";
    }

    /** The answer of {@code /health}. */
    public Map<String, Object> report() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("status", status());
        report.put("node", node);
        report.put("version", version);
        report.put("uptime_s", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNs));
        report.put("active_connections", connections.getAsInt());
        report.put("rooms", rooms.getAsInt());
        parts.forEach((name, state) -> report.put(name, state.get()));
        return report;
    }
}
