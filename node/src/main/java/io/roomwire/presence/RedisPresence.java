package io.roomwire.presence;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.MapScanCursor;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.roomwire.config.Config;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.protocol.UserInRoom;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.RelayHeader.Kind;
import io.roomwire.redis.RoomKeys;
import io.roomwire.redis.WriteRefusal;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Presence of all nodes, in Redis.
 *
 * <table>
 *   <caption>Keys; a life is a node's id with a token, see {@link NodeLife}</caption>
 *   <tr><td>{@code rw:u:{room}}</td><td>hash: user to connections on all nodes; its length is the room's count</td></tr>
 *   <tr><td>{@code rw:p:{room}:life}</td><td>hash: user to connections that this life of a node has</td></tr>
 *   <tr><td>{@code rw:m:life}</td><td>set: rooms where that life has somebody, written before the first</td></tr>
 * </table>
 *
 * <p>A node says how many connections a user has there, not what changed: said twice it changes nothing, so whatever
 * failed is said again, and after a loss of Redis everything is. The script that writes tells the room's channel when a
 * user comes or goes; all nodes with members hear it there, this one too, by {@link #received}.
 *
 * <p>Any thread may call. What was not said yet belongs to one executor's thread. While Redis is away nobody is announced.
 */
public final class RedisPresence implements Presence, RedisClients.StateListener {
    /** Scripts at a time, when everything is said again: other commands fit between. */
    private static final int PIPELINED = 512;

    /** Entries of a dead node that one script takes out: some 2 ms of Redis. */
    private static final int CLEARED = 500;

    /** Rooms of a dead node that are cleared at a time: one by one, a node of 10,000 would be late for the 15 s. */
    private static final int CLEARED_ROOMS = 64;

    private final RedisClients clients;
    private final RoomKeys names;
    private final EventExecutor executor;
    private final NodeLife life;
    private final long retryMs;
    private final byte[] publish;
    private final byte[] joined = before(Kind.JOINED);
    private final byte[] left = before(Kind.LEFT);
    private final RedisScript<Long> set;
    private final RedisScript<Long> reap;

    /** Connections here, by room and user; an inner map is touched only inside of the outer one's compute. */
    private final ConcurrentHashMap<RoomId, Map<UserId, Integer>> here = new ConcurrentHashMap<>();

    /** What is to be said, oldest first; only accessed by the executor. */
    private final LinkedHashSet<UserInRoom> unsaid = new LinkedHashSet<>();

    /**
     * Rooms in which this life may have said something, and whether {@code rw:m} of it has them for sure; another map when
     * Redis may have forgotten. Only accessed by the executor.
     */
    private Map<RoomId, Boolean> listed = new HashMap<>();

    private boolean saying;

    /** Why Redis, which is there, did not take what was said last; null if it did. */
    private volatile @Nullable String refusal;

    private volatile @Nullable Watcher watcher;
    private volatile Consumer<NodeIdTakenException> idTaken = taken -> {};

    public RedisPresence(Config.Presence config, RedisClients clients, String nodeId) {
        this.clients = clients;
        names = clients.keys();
        executor = clients.executor();
        retryMs = Math.min(1000, config.heartbeatMs());
        publish = arg(clients.publishCommand());
        set = new RedisScript<>(clients, ScriptOutputType.INTEGER, "presence-set.lua");
        reap = new RedisScript<>(clients, ScriptOutputType.INTEGER, "presence-reap.lua");
        life = new NodeLife(clients, config, nodeId, executor, new LifeOwner());
    }

    /** Without an origin, so that no node takes it for its own: it comes from the script. */
    private static byte[] before(Kind kind) {
        return new RelayHeader("").before(kind, 0, "", Unpooled.EMPTY_BUFFER);
    }

    /**
     * Who is told, on any thread, that another process has this node's id: it took this one for dead, or came first while
     * Redis could not be asked. Before {@link #claim}.
     */
    public void onIdTaken(Consumer<NodeIdTakenException> listener) {
        idTaken = listener;
    }

    /** Takes the node's id; before any member joins. Fails with {@link NodeIdTakenException}, or as Lettuce does. */
    public CompletionStage<Void> claim() {
        return life.claim();
    }

    @Override
    public void start(Watcher watcher) {
        this.watcher = watcher;
    }

    /**
     * Redis is back: peers may have taken this node for dead meanwhile, or another process its id, and a server that was
     * started again may have forgotten who is here. Any thread may call.
     */
    @Override
    public void onUp() {
        executor.execute(() -> {
            life.suspect();
            sayAll();
        });
    }

    /** A member event that came on the room's channel. */
    public void received(RoomId room, UserId user, boolean hasJoined) {
        Watcher told = watcher;
        if (told == null) {
            return;
        }
        if (hasJoined) {
            told.onJoined(room, user);
        } else {
            told.onLeft(room, user);
        }
    }

    @Override
    public void joined(RoomId room, UserId user) {
        here.compute(room, (id, users) -> {
            Map<UserId, Integer> members = users == null ? new HashMap<>(2) : users;
            members.merge(user, 1, Integer::sum);
            return members;
        });
        say(room, user);
    }

    @Override
    public void left(RoomId room, UserId user) {
        here.computeIfPresent(room, (id, members) -> {
            members.computeIfPresent(user, (u, count) -> count == 1 ? null : count - 1);
            return members.isEmpty() ? null : members;
        });
        say(room, user);
    }

    /** Why Redis, which is there, does not take who is in this node's rooms; null while it does. */
    public @Nullable String refusal() {
        String said = refusal;
        return said == null ? life.refusal() : said;
    }

    private int count(UserInRoom entry) {
        int[] count = new int[1];
        here.computeIfPresent(entry.room(), (id, members) -> {
            count[0] = members.getOrDefault(entry.user(), 0);
            return members;
        });
        return count[0];
    }

    private void say(RoomId room, UserId user) {
        executor.execute(() -> {
            unsaid.add(new UserInRoom(room, user));
            sayMore();
        });
    }

    private void sayAll() {
        here.forEach((room, seen) -> here.computeIfPresent(room, (id, members) -> {
            members.keySet().forEach(user -> unsaid.add(new UserInRoom(room, user)));
            return members;
        }));
        Map<RoomId, Boolean> doubted = new HashMap<>();
        listed.forEach((room, sure) -> doubted.put(room, false));
        listed = doubted;
        sayMore();
    }

    /** Says some of what is unsaid; what comes meanwhile goes with the next, so that one user's counts stay in order. */
    private void sayMore() {
        assert executor.inEventLoop();
        if (saying || unsaid.isEmpty() || !life.isLeased()) {
            return;
        }
        String writing = life.life();
        saying = true;
        List<UserInRoom> some = unsaid.stream().limit(PIPELINED).toList();
        some.forEach(unsaid::remove);
        Map<RoomId, Boolean> before = listed;
        Set<RoomId> unlisted = new LinkedHashSet<>();
        for (UserInRoom entry : some) {
            if (!before.getOrDefault(entry.room(), false)) {
                unlisted.add(entry.room());
                before.put(entry.room(), false);
            }
        }
        Set<RoomId> deserted = ConcurrentHashMap.newKeySet();
        list(unlisted, writing)
                .thenCompose(done -> say(some, writing))
                // Calls that were under way together may have changed places: who seems to be the last is asked of
                // again.
                .thenCompose(emptied -> say(emptied, writing))
                .thenAccept(emptied -> emptied.forEach(entry -> deserted.add(entry.room())))
                .thenComposeAsync(done -> unlist(before, deserted, writing), executor)
                .whenComplete((done, error) -> executor.execute(() -> {
                    saying = false;
                    refusal = WriteRefusal.of(error);
                    if (error == null && writing.equals(life.life())) {
                        unlisted.removeAll(deserted);
                        unlisted.forEach(room -> before.put(room, true));
                        sayMore();
                    } else {
                        unsaid.addAll(some);
                        executor.schedule(this::sayMore, retryMs, TimeUnit.MILLISECONDS);
                    }
                }));
    }

    /** Returns those after whom nobody of this life was in the room, one a room. */
    private CompletionStage<Collection<UserInRoom>> say(Collection<UserInRoom> entries, String writing) {
        Map<RoomId, UserInRoom> emptied = new ConcurrentHashMap<>();
        CompletableFuture<?>[] said = entries.stream()
                .map(entry -> set(entry, writing)
                        .thenAccept(users -> {
                            if (users == 0) {
                                emptied.put(entry.room(), entry);
                            }
                        })
                        .toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(said).thenApply(done -> emptied.values());
    }

    /** Writes down where this node has members before it has any: who clears up after it must find them all. */
    private CompletionStage<?> list(Set<RoomId> rooms, String writing) {
        if (rooms.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return clients.commands().sadd(roomsOf(writing), names(rooms));
    }

    /** Nobody of this life is there any more: a node may have seen a million rooms, and its peers clear up one by one. */
    private CompletionStage<?> unlist(Map<RoomId, Boolean> from, Set<RoomId> rooms, String writing) {
        // First: if the answer is lost, they are written down again before the next member.
        rooms.forEach(from::remove);
        rooms.forEach(listed::remove);
        return rooms.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : clients.commands().srem(roomsOf(writing), names(rooms));
    }

    private static byte[][] names(Set<RoomId> rooms) {
        return rooms.stream().map(room -> arg(room.text())).toArray(byte[][]::new);
    }

    private CompletionStage<Long> set(UserInRoom entry, String writing) {
        return set.call(
                keys(entry.room(), writing), arg(entry.user().text()), arg(count(entry)), publish, joined, left);
    }

    private String roomsOf(String life) {
        return names.named("m:" + life);
    }

    private String[] keys(RoomId room, String life) {
        String text = room.text();
        return new String[] {names.of("u", text), names.of("p", text) + ":" + life, names.channel(text)};
    }

    @Override
    public CompletionStage<Roster> roster(RoomId room, int limit) {
        String refused = refusal();
        if (refused != null) { // what Redis has is from before
            return CompletableFuture.failedFuture(new PresenceUnavailableException("Redis " + refused));
        }
        String users = names.of("u", room.text());
        Map<UserId, Integer> members = new LinkedHashMap<>();
        CompletionStage<Long> count = clients.commands().hlen(users);
        return list(users, ScanCursor.INITIAL, limit, members)
                .thenCombine(count, (done, all) -> new Roster(all.intValue(), members))
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(told(error)));
    }

    /** What Redis or the way to it says; anything else is a fault of this code, and stays what it is. */
    private static Throwable told(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause instanceof RedisException
                ? new PresenceUnavailableException("Redis: " + RedisClients.reason(cause))
                : cause;
    }

    private CompletionStage<Void> list(String users, ScanCursor from, int limit, Map<UserId, Integer> into) {
        if (limit <= into.size()) {
            return CompletableFuture.completedFuture(null);
        }
        return clients.commands()
                .hscan(users, from, ScanArgs.Builder.limit(limit))
                .thenCompose((MapScanCursor<String, byte[]> page) -> {
                    page.getMap().forEach((user, connections) -> {
                        if (into.size() < limit) {
                            into.put(
                                    new UserId(user),
                                    Integer.parseInt(new String(connections, StandardCharsets.US_ASCII)));
                        }
                    });
                    return page.isFinished() ? CompletableFuture.completedFuture(null) : list(users, page, limit, into);
                });
    }

    @Override
    public void close() {
        life.close();
    }

    /** Hears from the node's life. */
    private final class LifeOwner implements NodeLife.Owner {
        @Override
        public void onLease() {
            sayMore();
        }

        @Override
        public CompletionStage<?> onLifeOver(String over) {
            CompletionStage<?> written = list(listed.keySet(), over);
            listed = new HashMap<>();
            sayAll();
            return written;
        }

        @Override
        public void onIdTaken(NodeIdTakenException taken) {
            idTaken.accept(taken);
        }

        @Override
        public CompletionStage<Void> clear(String over) {
            return clients.commands()
                    .smembers(roomsOf(over))
                    .thenCompose(rooms -> clear(List.copyOf(rooms), 0, over))
                    .thenCompose(done -> clients.commands().del(roomsOf(over)))
                    .thenAccept(done -> {});
        }

        /** One batch after another: Redis has more to do. */
        private CompletionStage<Void> clear(List<byte[]> rooms, int from, String over) {
            int to = Math.min(rooms.size(), from + CLEARED_ROOMS);
            CompletableFuture<?>[] some = rooms.subList(from, to).stream()
                    .map(room -> clear(new RoomId(new String(room, StandardCharsets.UTF_8)), over))
                    .map(CompletionStage::toCompletableFuture)
                    .toArray(CompletableFuture[]::new);
            return CompletableFuture.allOf(some)
                    .thenCompose(done ->
                            to < rooms.size() ? clear(rooms, to, over) : CompletableFuture.completedFuture(null));
        }

        private CompletionStage<Void> clear(RoomId room, String over) {
            return reap.call(keys(room, over), arg(CLEARED), publish, left)
                    .thenCompose(more -> more > 0 ? clear(room, over) : CompletableFuture.completedFuture(null));
        }
    }
}
