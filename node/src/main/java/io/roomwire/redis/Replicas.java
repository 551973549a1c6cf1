package io.roomwire.redis;

import io.lettuce.core.RedisException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Holds answers to writes back until so many replicas have what was written. One {@code WAIT} is under way at a time, for all
 * writes that were answered before it; it holds the connection until then, so this one is for writes that wait alone.
 *
 * <p>Any thread may call.
 */
public final class Replicas {
    /** Whoever looks at the health every 10 s sees it. */
    private static final long SHOWN_NS = TimeUnit.SECONDS.toNanos(15);

    private final RedisClients clients;
    private final int count;
    private final long timeoutMs;

    /** Guards what follows. */
    private final Object lock = new Object();

    private List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private boolean underWay;

    private volatile boolean everMissed;
    private volatile long missedNs;

    /**
     * @param clients of one server at a time, not of a cluster, whose masters have replicas each
     * @param count how many replicas have to have it; with 0 nothing waits
     */
    public Replicas(RedisClients clients, int count) {
        this.clients = clients;
        this.count = count;
        timeoutMs =
                Math.max(1, clients.timeout().toMillis() / 2); // what comes behind it has to be answered in time too
    }

    /** Writes, and answers when the replicas have it too; fails if they do not within half of {@code redis.timeout}. */
    public <T> CompletionStage<T> after(Supplier<CompletionStage<T>> write) {
        if (count == 0) {
            return write.get();
        }
        long connection = clients.connections();
        return write.get()
                .thenCompose(value -> confirmed().thenApply(done -> {
                    if (clients.connections()
                            != connection) { // perhaps to a server that never had it, and its replicas
                        throw new RedisException("the connection was made again before replicas had it");
                    }
                    return value;
                }));
    }

    private CompletionStage<Void> confirmed() {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        synchronized (lock) {
            waiting.add(confirmed);
            if (underWay) {
                return confirmed;
            }
            underWay = true;
        }
        ask();
        return confirmed;
    }

    private void ask() {
        List<CompletableFuture<Void>> asking;
        synchronized (lock) {
            if (waiting.isEmpty()) {
                underWay = false;
                return;
            }
            asking = waiting;
            waiting = new ArrayList<>();
        }
        clients.waitForReplicas(count, timeoutMs).whenComplete((have, error) -> {
            // On another thread's turn: what is told may write again, and this is Lettuce's own.
            clients.executor().execute(this::ask);
            if (error == null && have >= count) {
                asking.forEach(each -> each.complete(null));
                return;
            }
            missedNs = System.nanoTime();
            everMissed = true;
            RedisException why = new RedisException(
                    error != null
                            ? "replicas: " + error.getMessage()
                            : have + " replicas have it after " + timeoutMs + " ms, redis-log.replicas asks for "
                                    + count);
            asking.forEach(each -> each.completeExceptionally(why));
        });
    }

    /** Whether too few replicas had a write just now, so that none is acked. */
    public boolean areMissing() {
        return everMissed && System.nanoTime() - missedNs < SHOWN_NS;
    }
}
