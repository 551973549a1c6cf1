package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest head of each room that this node has seen stored: a database that says less has lost something.
 *
 * <p>Any thread may call. Bounded: of too many rooms those forgotten were not heard of for the longest time.
 */
final class KnownHeads {
    private final int capacity;
    private final Map<RoomId, Head> heads; // guarded by this

    KnownHeads(int capacity) {
        this.capacity = capacity;
        heads = new LinkedHashMap<>(16, 0.75f, true);
    }

    synchronized @Nullable Head get(RoomId room) {
        return heads.get(room);
    }

    /** Returns whether the room was known in another epoch. */
    synchronized boolean saw(RoomId room, Head head) {
        Head known = heads.get(room);
        if (known != null && known.epoch().equals(head.epoch()) && known.seq() >= head.seq()) {
            return false;
        }
        heads.put(room, new Head(head.seq(), head.epoch())); // how it came there is the log's to know
        if (heads.size() > capacity) {
            heads.remove(heads.keySet().iterator().next());
        }
        return known != null && !known.epoch().equals(head.epoch());
    }

    synchronized List<Map.Entry<RoomId, Head>> all() {
        List<Map.Entry<RoomId, Head>> all = new ArrayList<>();
        heads.forEach((room, head) -> all.add(Map.entry(room, head)));
        return all;
    }
}
