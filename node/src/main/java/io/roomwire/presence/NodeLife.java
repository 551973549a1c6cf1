package io.roomwire.presence;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.config.Config;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import io.roomwire.redis.WriteRefusal;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node among its peers: says that it lives, and finds those that no longer do.
 *
 * <p>A life is a node's id with a token: a random name of the process, and the number of its lives. {@code rw:n:{node}} holds the token of the node's present life and expires
 * unless the heartbeat renews it, whatever the number of members; {@code rw:lives} lists the lives that may have left
 * something behind. A life whose token is not in its node's key is over: it never comes back, since a node that lost its
 * key goes on under another token, and a beat that Redis takes late, after it stood still, holds nothing against a later
 * one. So what is over can be cleared without a race against its owner.
 *
 * <p>Belongs to the executor's thread, but for {@link #claim} and {@link #token}.
 */
final class NodeLife {
    private static final Logger LOG = LoggerFactory.getLogger(NodeLife.class);
    private static final long BEAT_HELD = 1;
    private static final long BEAT_TAKEN = 2;

    private final RedisClients clients;
    private final String lives;
    private final Config.Presence config;
    private final String nodeId;
    private final EventExecutor executor;
    private final Owner owner;
    private final RedisScript<Long> beat;
    private final RedisScript<Long> bye;
    private final String process = Long.toHexString(new SecureRandom().nextLong());

    private volatile String token = "";

    /** Until when no peer can take this life for dead, by {@link System#nanoTime}; counted from before the beat was sent. */
    private long leaseNs;

    private boolean leased;

    /** Whether the present life ever held its key. */
    private boolean held;

    /** Whether the lease had run out since the key was held last: whoever has it since then took this process for dead. */
    private boolean overtaken;

    /** Since when another process has the key, by {@link System#nanoTime}; null while none has. */
    private @Nullable Long refusedNs;

    /** Why Redis, which is there, does not take what this node says; null while it does. */
    private volatile @Nullable String refusal;

    /** Lives of this process so far. */
    private long lifeCount;

    private boolean closed;

    /** Who is told, on the executor's thread. */
    interface Owner {
        /** A beat was heard: it is safe to write for a while. */
        void onLease();

        /**
         * The node goes on under another token: what it had is cleared, and is to be said again.
         *
         * @return done when all rooms are written down in which that life may have left something
         */
        CompletionStage<?> onLifeOver(String life);

        /** Another process lives under this node's id: this one is to end. */
        void onIdTaken(NodeIdTakenException taken);

        /** Clears what a life that is over left; done when nothing is left. */
        CompletionStage<Void> clear(String life);
    }

    NodeLife(RedisClients clients, Config.Presence config, String nodeId, EventExecutor executor, Owner owner) {
        this.clients = clients;
        lives = clients.keys().named("lives");
        this.config = config;
        this.nodeId = nodeId;
        this.executor = executor;
        this.owner = owner;
        beat = new RedisScript<>(clients, ScriptOutputType.INTEGER, "presence-beat.lua");
        bye = new RedisScript<>(clients, ScriptOutputType.INTEGER, "presence-bye.lua");
    }

    /** The present life: the token, a dot, the node's id. */
    String life() {
        return token + "." + nodeId;
    }

    /** Whether what is written now is written before a peer could clear this life. */
    boolean isLeased() {
        assert executor.inEventLoop();
        long reserveMs = Math.min(clients.timeout().toMillis(), config.timeoutMs() / 4);
        return leased && leaseNs - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(reserveMs);
    }

    /** Why Redis, which is there, does not take the beats; null while it does. Any thread may call. */
    @Nullable
    String refusal() {
        return refusal;
    }

    /** Redis was away, and may have forgotten this life: nothing is sure until the next beat, which goes out now. */
    void suspect() {
        assert executor.inEventLoop();
        leased = false;
        beat();
    }

    private String key(String nodeId) {
        return clients.keys().named("n:{" + nodeId + "}");
    }

    /**
     * Takes the id, then begins to beat. Waits for a key that a killed process left behind.
     *
     * @return fails with {@link NodeIdTakenException} if somebody renews the key meanwhile
     */
    CompletionStage<Void> claim() {
        CompletableFuture<Void> claimed = new CompletableFuture<>();
        executor.execute(() -> {
            newToken();
            claim(claimed, Long.MAX_VALUE);
        });
        return claimed;
    }

    private void claim(CompletableFuture<Void> claimed, long leftMsBefore) {
        String key = key(nodeId);
        beat.call(new String[] {key}, arg(token), arg(config.timeoutMs()))
                .thenCombine(clients.commands().pttl(key), (result, leftMs) -> {
                    executor.execute(() -> {
                        if (result != 0) {
                            begin();
                            claimed.complete(null);
                        } else if (leftMs > leftMsBefore) {
                            claimed.completeExceptionally(new NodeIdTakenException(nodeId));
                        } else {
                            long waitMs = Math.max(1, Math.min(leftMs + 1, config.heartbeatMs() / 4));
                            executor.schedule(() -> claim(claimed, leftMs), waitMs, TimeUnit.MILLISECONDS);
                        }
                    });
                    return result;
                })
                .whenComplete((done, error) -> {
                    if (error != null) { // the beats take the id as soon as Redis can be asked
                        executor.execute(this::begin);
                        claimed.completeExceptionally(error);
                    }
                });
    }

    private void begin() {
        executor.scheduleWithFixedDelay(this::beat, 0, config.heartbeatMs(), TimeUnit.MILLISECONDS);
    }

    private void newToken() {
        held = false;
        token = process + "-" + ++lifeCount;
    }

    private void beat() {
        if (closed) {
            return;
        }
        long sentNs = System.nanoTime();
        if (held && sentNs - leaseNs > 0) {
            // A beat that Redis takes late, after it stood still, would hold the key again though peers have cleared
            // this life.
            overtaken = true;
            LOG.warn("presence: Redis did not answer for presence.timeout; members are announced again when it does");
            renew();
            return;
        }
        String beating = token;
        boolean wasHeld = held;
        listed(life())
                .handle((done, error) -> {
                    String refused = WriteRefusal.of(error);
                    if (error != null && !(wasHeld && refused != null)) {
                        refused(refused);
                        throw new CompletionException(error);
                    }
                    return Optional.ofNullable(refused);
                })
                .thenCompose(refused -> beat.call(new String[] {key(nodeId)}, arg(beating), arg(config.timeoutMs()))
                        .whenComplete((result, error) ->
                                refused(refused.isPresent() ? refused.get() : WriteRefusal.of(error))))
                .whenComplete((result, error) -> executor.execute(() -> {
                    if (error != null || closed || !beating.equals(token)) {
                        return; // the next beat will do, and if none does the peers are right to give us up
                    }
                    if (result == BEAT_HELD) {
                        leased = true;
                        held = true;
                        overtaken = false;
                        refusedNs = null;
                        leaseNs = sentNs + TimeUnit.MILLISECONDS.toNanos(config.timeoutMs());
                        owner.onLease();
                    } else if (result == BEAT_TAKEN) {
                        LOG.warn("presence: peers took this node for dead; its members are announced again");
                        renew();
                    } else {
                        leased = false;
                        refusedAt(sentNs);
                    }
                    look();
                }));
    }

    /** Another process has the key: it may be one that is gone, in a Redis that came back with older data. */
    private void refusedAt(long sentNs) {
        if (refusedNs == null) {
            refusedNs = sentNs;
        }
        boolean renewed = sentNs - refusedNs > TimeUnit.MILLISECONDS.toNanos(config.timeoutMs());
        if (overtaken || renewed) {
            owner.onIdTaken(new NodeIdTakenException(nodeId));
        }
    }

    private void refused(@Nullable String why) {
        String was = refusal;
        refusal = why;
        if (why != null && was == null) {
            LOG.warn("presence: Redis {}; who is where cannot be told until it does", why);
        } else if (why == null && was != null) {
            LOG.info("presence: Redis takes writes again");
        }
    }

    /**
     * Before anything is written, so that it is found when the life is over; again with every beat, for Redis forgets. Where
     * its memory is full it takes no more, but it has what it had, and a beat makes nothing longer.
     */
    private CompletionStage<Long> listed(String life) {
        return clients.commands().sadd(lives, arg(life));
    }

    /** The key was gone: this life is over, though the process is not. */
    private void renew() {
        leased = false;
        String old = token;
        String over = life();
        // Cleared by a peer perhaps, and yet a command of ours may have come after that: it is to be cleared again.
        owner.onLifeOver(over).thenCompose(done -> listed(over));
        newToken();
        bye.call(new String[] {key(nodeId)}, arg(old))
                .thenCompose(gone -> beat.call(new String[] {key(nodeId)}, arg(token), arg(config.timeoutMs())))
                .whenComplete((done, error) -> executor.execute(this::beat));
    }

    /** Looks for lives that are over. All nodes look, and one clears. */
    private void look() {
        clients.commands().smembers(lives).thenAccept(all -> {
            for (byte[] each : all) {
                String life = new String(each, StandardCharsets.UTF_8);
                int dot = life.indexOf('.');
                String itsToken = life.substring(0, Math.max(0, dot));
                if (!life.equals(life())) {
                    clients.commands().get(key(life.substring(dot + 1))).thenAccept(holder -> {
                        if (holder == null || !itsToken.equals(new String(holder, StandardCharsets.UTF_8))) {
                            clear(life);
                        }
                    });
                }
            }
        });
    }

    private void clear(String life) {
        String lock = clients.keys().named("clear:" + life);
        clients.commands()
                .set(lock, arg(nodeId), SetArgs.Builder.nx().px(config.timeoutMs()))
                .thenAccept(won -> {
                    if (won != null) {
                        executor.execute(() -> owner.clear(life)
                                .thenCompose(done -> clients.commands().srem(lives, arg(life)))
                                .whenComplete((done, error) -> {
                                    if (error == null) {
                                        LOG.info(
                                                "presence: cleared what node {} left",
                                                life.substring(life.indexOf('.') + 1));
                                    } else {
                                        LOG.warn("presence: clearing is tried again: {}", error.getMessage());
                                    }
                                }));
                    }
                });
    }

    /** Lets the id go; peers clear what is left. */
    void close() {
        executor.execute(() -> {
            closed = true;
            bye.call(new String[] {key(nodeId)}, arg(token));
        });
    }
}
