package io.roomwire.ops;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What the node says of itself. Any thread may call. */
public final class Health {
    /** A part that is not configured. */
    private static final String OFF = "off";

    private final String node;
    private final String version;
    private final IntSupplier connections;
    private final IntSupplier rooms;
    private final long startedNs = System.nanoTime();
    private volatile boolean listening;
    private volatile boolean draining;

    public Health(String node, String version, IntSupplier connections, IntSupplier rooms) {
        this.node = node;
        this.version = version;
        this.connections = connections;
        this.rooms = rooms;
    }

    /** Clients can connect. */
    public void listening() {
        listening = true;
    }

    /** Clients should go elsewhere. */
    public void draining() {
        draining = true;
    }

    /** Whether a balancer should send clients here. */
    public boolean isReady() {
        return listening && !draining;
    }

    /** The answer of {@code /health}. */
    public Map<String, Object> report() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("status", draining ? "draining" : listening ? "ok" : "starting");
        report.put("node", node);
        report.put("version", version);
        report.put("uptime_s", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNs));
        report.put("active_connections", connections.getAsInt());
        report.put("rooms", rooms.getAsInt());
        report.put("redis", OFF);
        report.put("postgres", OFF);
        return report;
    }
}
