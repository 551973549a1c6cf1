package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
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
    private String told = ""; // guarded by this: the server that knows all of it, or gets to know what is untold
    private final Map<RoomId, Head> untold = new LinkedHashMap<>(); // guarded by this

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

    /**
     * Some of what that server was not told yet: all that was known when it was first asked about, since a server that runs
     * loses nothing. What one attempt has told, the next need not: else a slow server would never hear the end of it.
     *
     * @param server which process of which server, in which life
     */
    synchronized List<Map.Entry<RoomId, Head>> untold(String server, int most) {
        if (!server.equals(told)) {
            told = server;
            untold.clear();
            untold.putAll(heads);
        }
        return untold.entrySet().stream()
                .limit(most)
                .map(each -> Map.entry(each.getKey(), each.getValue()))
                .toList();
    }

    /** That server knows those now. */
    synchronized void told(String server, List<Map.Entry<RoomId, Head>> heads) {
        if (server.equals(told)) {
            heads.forEach(each -> untold.remove(each.getKey()));
        }
    }
}
