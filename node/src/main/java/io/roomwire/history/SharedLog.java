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
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Several logs, each with its share of the rooms. Which log has which room must be the same on all nodes, always: a room
 * that moved would begin again in its other log.
 */
public final class SharedLog implements RoomLog {
    private final List<RoomLog> logs;
    private final Function<RoomId, RoomLog> which;

    private SharedLog(List<RoomLog> logs, Function<RoomId, RoomLog> which) {
        this.logs = logs;
        this.which = which;
    }

    /** Spreads the rooms evenly by the hash of their ids; the order of the logs counts. */
    public static SharedLog byHash(List<? extends RoomLog> logs) {
        List<RoomLog> all = List.copyOf(logs);
        return new SharedLog(all, room -> all.get(RoomHash.of(room, all.size())));
    }

    /** Two logs; a rule says which rooms are in the first. */
    public static SharedLog byRule(Predicate<RoomId> isInFirst, RoomLog first, RoomLog second) {
        return new SharedLog(List.of(first, second), room -> isInFirst.test(room) ? first : second);
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return which.apply(room).open(room);
    }

    @Override
    public void close(RoomId room) {
        which.apply(room).close(room);
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        return which.apply(draft.room()).append(draft);
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        return which.apply(room).read(room, range);
    }

    /** Leaves out the rooms of a log that cannot say now: those of the others must not wait for it. */
    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        Map<RoomLog, List<RoomId>> shares = new HashMap<>();
        for (RoomId room : rooms) {
            shares.computeIfAbsent(which.apply(room), log -> new ArrayList<>()).add(room);
        }
        Map<RoomId, Head> found = new ConcurrentHashMap<>();
        List<CompletableFuture<?>> answers = new ArrayList<>();
        shares.forEach((log, share) ->
                answers.add(log.heads(share).thenAccept(found::putAll).toCompletableFuture()));
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    if (failure != null && answers.stream().allMatch(CompletableFuture::isCompletedExceptionally)) {
                        throw failure instanceof CompletionException whole ? whole : new CompletionException(failure);
                    }
                    return found;
                });
    }

    @Override
    public void close() {
        logs.forEach(RoomLog::close);
    }
}
