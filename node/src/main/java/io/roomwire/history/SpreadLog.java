package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Several logs, each with its share of the rooms by hash. Their number and order must be the same on all nodes, always. */
public final class SpreadLog implements RoomLog {
    private final List<RoomLog> logs;

    public SpreadLog(List<? extends RoomLog> logs) {
        this.logs = List.copyOf(logs);
    }

    private RoomLog of(RoomId room) {
        return logs.get(RoomHash.of(room, logs.size()));
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return of(room).open(room);
    }

    @Override
    public void close(RoomId room) {
        of(room).close(room);
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        return of(draft.room()).append(draft);
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        return of(room).read(room, range);
    }

    /** Fails if one of the logs asked does: rooms left out would be taken for rooms without a log. */
    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        Map<RoomLog, List<RoomId>> shares = new HashMap<>();
        for (RoomId room : rooms) {
            shares.computeIfAbsent(of(room), log -> new ArrayList<>()).add(room);
        }
        CompletableFuture<Map<RoomId, Head>> all = CompletableFuture.completedFuture(Map.of());
        for (Map.Entry<RoomLog, List<RoomId>> share : shares.entrySet()) {
            all = all.thenCombine(share.getKey().heads(share.getValue()), SpreadLog::joined);
        }
        return all;
    }

    private static Map<RoomId, Head> joined(Map<RoomId, Head> some, Map<RoomId, Head> more) {
        Map<RoomId, Head> both = new HashMap<>(some);
        both.putAll(more);
        return both;
    }

    @Override
    public void close() {
        logs.forEach(RoomLog::close);
    }
}
