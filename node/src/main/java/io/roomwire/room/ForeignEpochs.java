package io.roomwire.room;

import io.roomwire.ops.Rarely;
import io.roomwire.protocol.RoomId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages of peers that belong to another life of the log than the one that this node's log confirms. After a failover some
 * are late. When they keep coming, two servers take writes for the same rooms: a master that was cut off, or nodes that were
 * told of different servers.
 *
 * <p>Any thread may call.
 */
final class ForeignEpochs {
    private static final Logger LOG = LoggerFactory.getLogger(ForeignEpochs.class);

    /** What was under way when a server took over has come by then: a part of the 5 s in which a fault is forgotten. */
    private static final long LATE_NS = TimeUnit.SECONDS.toNanos(5);

    private final LongSupplier clockNs;
    private final LongAdder seen = new LongAdder();
    private final Rarely logged = new Rarely();

    /** The first and the last one of a row without a pause, by the clock; null while there is none. */
    private volatile @Nullable Row row;

    private record Row(long firstNs, long lastNs) {}

    /** @param clockNs as {@link System#nanoTime} */
    ForeignEpochs(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** A message came whose epoch the log does not confirm. */
    void saw(RoomId room, String theirs, String ours) {
        seen.increment();
        long nowNs = clockNs.getAsLong();
        Row last = row;
        row = new Row(last != null && nowNs - last.lastNs < LATE_NS ? last.firstNs : nowNs, nowNs);
        if (trouble() != null && logged.now()) {
            LOG.warn("room {}: {} (epoch {} there, {} here)", room, trouble(), theirs, ours);
        }
    }

    long seen() {
        return seen.sum();
    }

    /** What to look at; null while all is well. */
    @Nullable
    String trouble() {
        Row last = row;
        if (last == null || clockNs.getAsLong() - last.lastNs >= LATE_NS || last.lastNs - last.firstNs < LATE_NS) {
            return null;
        }
        return "messages of another life of the log keep coming from peers: two servers take writes for the same rooms, see"
                + " that all nodes lead to one";
    }
}
