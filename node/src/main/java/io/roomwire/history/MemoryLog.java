package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * The log of one node alone: a ring a room, in memory, gone with the process. Every call completes at once.
 *
 * <p>Any thread may call: rooms are spread over shards, each with its own lock and its own share of the memory.
 */
public final class MemoryLog implements RoomLog {
    /** Enough that the event loops of a large machine seldom meet in one, few enough that a share is not small. */
    private static final int SHARD_BITS = 4;

    private static final int SHARDS = 1 << SHARD_BITS;

    /** Spreads neighbouring hashes over the high bits (Knuth, The Art of Computer Programming, 6.4). */
    private static final int GOLDEN_RATIO = 0x9E3779B9;

    private final MemoryShard[] shards = new MemoryShard[SHARDS];

    /** @param clockMs milliseconds that only grow */
    public MemoryLog(Config.MemoryLog config, LongSupplier clockMs) {
        String epoch = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX);
        for (int i = 0; i < SHARDS; i++) {
            shards[i] = new MemoryShard(config, config.bytes() / SHARDS, clockMs, epoch);
        }
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return CompletableFuture.completedFuture(shard(room).open(room));
    }

    @Override
    public void close(RoomId room) {
        shard(room).close(room);
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        try {
            return CompletableFuture.completedFuture(shard(draft.room()).append(draft));
        } catch (LogUnavailableException | RequestException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        return CompletableFuture.completedFuture(shard(room).read(room, range));
    }

    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        Map<RoomId, Head> heads = new HashMap<>();
        for (RoomId room : rooms) {
            shard(room).head(room).ifPresent(head -> heads.put(room, head));
        }
        return CompletableFuture.completedFuture(heads);
    }

    @Override
    public void close() {
        // memory has nothing to give back
    }

    private MemoryShard shard(RoomId room) {
        // Not by the bits that the shard's own map goes by: its rooms would crowd in a sixteenth of its bins.
        return shards[(room.hashCode() * GOLDEN_RATIO) >>> (Integer.SIZE - SHARD_BITS)];
    }
}
