package io.roomwire.orders;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.ZAddArgs;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.auth.Revocations;
import io.roomwire.ops.Rarely;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orders to all nodes by a stream in Redis that every node reads four times a second, from where it was.
 *
 * <p>{@code rw:orders} has what was ordered in the last minutes, so a node that was cut off makes up for it.
 * {@code rw:revoked}, a sorted set, has for each user the moment before which tokens no longer count. A node reads all of
 * it when it starts, after each loss of Redis and once a minute, and writes back what Redis has lost.
 *
 * <p>Any thread may call. What was read belongs to one executor's thread.
 */
public final class RedisOrders implements Orders, RedisClients.StateListener {
    private static final Logger LOG = LoggerFactory.getLogger(RedisOrders.class);

    /** Carried out within a second is the promise. */
    private static final long POLL_MS = 250;

    private static final long COMPARE_NS = TimeUnit.MINUTES.toNanos(1);

    /** What was ordered before a pause that was shorter is not yet old. */
    private static final long LATE_NS = TimeUnit.MINUTES.toNanos(1);

    private static final int PAGE = 1000;

    private final RedisClients clients;
    private final String stream;
    private final String revoked;
    private final Revocations revocations;
    private final EventExecutor executor;
    private final RedisScript<Long> now;
    private final RedisScript<Long> revoke;
    private final StreamAge age = new StreamAge();
    private final Rarely failureLogged = new Rarely();
    private volatile @Nullable Receiver receiver;

    /** The newest order that was read; empty before the first look. */
    private String position = "";

    /** When the stream was read, by {@link System#nanoTime}. */
    private long readNs;

    private boolean compared;
    private long comparedNs;
    private boolean busy;

    public RedisOrders(RedisClients clients, Revocations revocations) {
        this.clients = clients;
        stream = clients.keys().named("orders");
        revoked = clients.keys().named("revoked");
        this.revocations = revocations;
        executor = clients.executor();
        now = new RedisScript<>(clients, ScriptOutputType.INTEGER, "orders-now.lua");
        revoke = new RedisScript<>(clients, ScriptOutputType.INTEGER, "orders-revoke.lua");
    }

    @Override
    public CompletionStage<Void> start(Receiver receiver) {
        this.receiver = receiver;
        CompletableFuture<Void> known = new CompletableFuture<>();
        executor.execute(() -> {
            tick(known);
            executor.scheduleWithFixedDelay(
                    () -> tick(new CompletableFuture<>()), POLL_MS, POLL_MS, TimeUnit.MILLISECONDS);
        });
        return known;
    }

    /** Redis is back, and its stream may be another one: the next look compares all of it. Any thread may call. */
    @Override
    public void onUp() {
        executor.execute(() -> compared = false);
    }

    private void tick(CompletableFuture<Void> done) {
        if (busy) {
            done.complete(null);
            return;
        }
        busy = true;
        boolean due = !compared || System.nanoTime() - comparedNs > COMPARE_NS;
        CompletionStage<Void> begun =
                position.isEmpty() ? findEnd() : System.nanoTime() - readNs > LATE_NS ? passOver() : nothing();
        begun.thenCompose(found -> due ? compare() : nothing())
                .thenCompose(same -> read())
                .whenComplete((read, error) -> executor.execute(() -> {
                    busy = false;
                    if (error == null) {
                        readNs = System.nanoTime();
                        age.look(position, readNs);
                        done.complete(null);
                    } else {
                        done.completeExceptionally(error);
                        complain(error);
                    }
                }));
    }

    private void complain(Throwable error) {
        if (clients.isUp() && failureLogged.now()) {
            LOG.warn(
                    "orders and revocations cannot be read from Redis, those that are known stay: {}; see that it is 6.2"
                            + " or newer, and that its user may use the keys {}",
                    error.getMessage(),
                    clients.keys().named("*"));
        }
    }

    private static CompletionStage<Void> nothing() {
        return CompletableFuture.completedFuture(null);
    }

    /** Orders from before the node's time are about connections that it never had. */
    private CompletionStage<Void> findEnd() {
        return clients.commands()
                .xrevrange(stream, Range.unbounded(), Limit.from(1))
                .thenAcceptAsync(
                        last -> position = last.isEmpty() ? "0-0" : last.get(0).getId(), executor);
    }

    /** What was ordered long before this node was back is not carried out: the user may be there again with good reason. */
    private CompletionStage<Void> passOver() {
        return now.call(new String[] {stream})
                .thenAcceptAsync(nowMs -> position = StreamAge.notBefore(position, nowMs), executor);
    }

    @SuppressWarnings("unchecked") // an array of a generic type
    private CompletionStage<Void> read() {
        return clients.commands()
                .xread(XReadArgs.Builder.count(PAGE), XReadArgs.StreamOffset.from(stream, position))
                .thenComposeAsync(
                        entries -> {
                            for (StreamMessage<String, byte[]> entry : entries) {
                                position = entry.getId();
                                carryOut(OrderEntry.read(entry.getBody()));
                            }
                            return entries.size() < PAGE ? nothing() : read();
                        },
                        executor);
    }

    private void carryOut(@Nullable Order order) {
        Receiver to = receiver;
        if (order == null || to == null) {
            return; // of a newer version
        }
        if (order instanceof Order.Revoke revoke) {
            revocations.add(revoke.user(), revoke.issuedBeforeS());
        }
        order.to(to);
    }

    /** Makes what is known here and what Redis has the same. */
    private CompletionStage<Void> compare() {
        boolean wasLost = !compared;
        revocations.prune();
        Map<UserId, Long> there = new HashMap<>();
        return readRevoked(0, there)
                .thenComposeAsync(
                        all -> {
                            Map<UserId, Long> missing = new HashMap<>(revocations.all());
                            missing.entrySet()
                                    .removeIf(each -> there.getOrDefault(each.getKey(), 0L) >= each.getValue());
                            there.forEach(this::learn);
                            compared = true;
                            comparedNs = System.nanoTime();
                            if (!missing.isEmpty() && wasLost) {
                                LOG.info("orders: Redis is told again of {} revocations", missing.size());
                            }
                            return write(missing);
                        },
                        executor);
    }

    private void learn(UserId user, long beforeS) {
        Receiver to = receiver;
        if (revocations.add(user, beforeS) && to != null) {
            to.revoked(user);
        }
    }

    private CompletionStage<Void> readRevoked(long offset, Map<UserId, Long> into) {
        return clients.commands()
                .zrangebyscoreWithScores(revoked, kept(), Limit.create(offset, PAGE))
                .thenComposeAsync(
                        page -> {
                            for (ScoredValue<byte[]> each : page) {
                                into.put(new UserId(new String(each.getValue(), StandardCharsets.UTF_8)), (long)
                                        each.getScore());
                            }
                            return page.size() < PAGE ? nothing() : readRevoked(offset + PAGE, into);
                        },
                        executor);
    }

    private Range<Number> kept() {
        return Range.from(Range.Boundary.including(revocations.keptFromS()), Range.Boundary.unbounded());
    }

    /** One command a page; a moment that Redis has is never put back. */
    private CompletionStage<Void> write(Map<UserId, Long> moments) {
        List<ScoredValue<byte[]>> page = new ArrayList<>();
        CompletionStage<Void> written = nothing();
        for (Map.Entry<UserId, Long> each : moments.entrySet()) {
            page.add(ScoredValue.just(each.getValue(), arg(each.getKey().text())));
            if (page.size() == PAGE) {
                List<ScoredValue<byte[]>> full = List.copyOf(page);
                written = written.thenCompose(done -> put(full));
                page.clear();
            }
        }
        return page.isEmpty() ? written : written.thenCompose(done -> put(page));
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private CompletionStage<Void> put(List<ScoredValue<byte[]>> page) {
        return clients.commands()
                .zadd(revoked, ZAddArgs.Builder.gt(), page.toArray(new ScoredValue[0]))
                .thenCompose(
                        done -> clients.commands().pexpire(revoked, TimeUnit.SECONDS.toMillis(revocations.keepS())))
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Void> give(Order order) {
        CompletionStage<Void> stored = order instanceof Order.Revoke revoke ? store(revoke) : nothing();
        return stored.thenCompose(done -> announce(order))
                .thenRun(() -> executor.execute(() -> tick(new CompletableFuture<>()))) // here at once
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(refusal(error)));
    }

    private static RequestException refusal(Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return cause instanceof RequestException known
                ? known
                : new RequestException(
                        ErrorCode.UNAVAILABLE, "Redis did not take the order, give it again: " + cause.getMessage());
    }

    private CompletionStage<Void> store(Order.Revoke revoke) {
        return this.revoke
                .call(
                        new String[] {revoked},
                        arg(revoke.user().text()),
                        arg(revoke.issuedBeforeS()),
                        arg(revocations.keepS()),
                        arg(Revocations.MAX))
                .thenAccept(taken -> {
                    if (taken == 0) {
                        throw LocalOrders.full();
                    }
                    // Known here before the answer, so that a Redis which forgets it next is told again.
                    revocations.add(revoke.user(), revoke.issuedBeforeS());
                });
    }

    private CompletionStage<Void> announce(Order order) {
        return clients.commands()
                .xadd(stream, XAddArgs.Builder.minId(age.oldestKept()), OrderEntry.of(order))
                .thenAccept(id -> {});
    }

    @Override
    public boolean reachAllNodes() {
        return true;
    }

    @Override
    public void close() {
        receiver = null;
    }
}
