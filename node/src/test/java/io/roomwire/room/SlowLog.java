package io.roomwire.room;

import io.roomwire.config.Config;
import io.roomwire.history.Draft;
import io.roomwire.history.MemoryLog;
import io.roomwire.history.Page;
import io.roomwire.history.Receipt;
import io.roomwire.history.RoomLog;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** The log in memory, whose answers come when a test says so. */
final class SlowLog implements RoomLog {
    private final MemoryLog memory;

    /** When reads are done. */
    final CompletableFuture<Void> gate = new CompletableFuture<>();

    final AtomicInteger reads = new AtomicInteger();
    final AtomicInteger appended = new AtomicInteger();

    /** When receipts arrive. */
    CompletableFuture<Void> appending = CompletableFuture.completedFuture(null);

    /** When heads that were read arrive. */
    CompletableFuture<Void> opening = CompletableFuture.completedFuture(null);

    SlowLog(Config config) {
        memory = new MemoryLog(config.memoryLog(), () -> 0);
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return memory.open(room).thenCombine(opening, (head, arrived) -> head);
    }

    @Override
    public void close(RoomId room) {
        memory.close(room);
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        appended.incrementAndGet();
        return memory.append(draft).thenCombine(appending, (receipt, arrived) -> receipt);
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        reads.incrementAndGet();
        return gate.thenCompose(open -> memory.read(room, range));
    }

    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> asked) {
        return memory.heads(asked);
    }

    @Override
    public void close() {
        memory.close();
    }
}
