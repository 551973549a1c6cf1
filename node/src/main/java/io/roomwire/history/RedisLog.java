package io.roomwire.history;

import static io.roomwire.redis.RedisScript.arg;

import io.lettuce.core.ScriptOutputType;
import io.netty.util.concurrent.ScheduledFuture;
import io.roomwire.config.Config;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.MessageParts;
import io.roomwire.protocol.PastEpoch;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import io.roomwire.redis.RedisScript;
import io.roomwire.redis.RelayHeader;
import io.roomwire.redis.Replicas;
import io.roomwire.redis.RoomKeys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The log in Redis, for nodes that share one without a database: as safe as that Redis keeps its data.
 *
 * <p>A room is a hash (its counter and its epoch), a stream whose ids are the seqs, cut to the newest messages, and a key
 * for each message id within the idempotency window. One script stores a message and publishes it to the peers. All of a
 * room expires together after its last use. A room that begins again has another epoch, and so has one whose first message
 * after a failover or a restart is stored, since the server may have lost some that were acked.
 */
public final class RedisLog implements RoomLog {
    /** Of messages that wait for Redis; more are refused. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    private static final int MAX_WAITING = 50_000;

    /** Of up to a MiB each: so many times the 2 ms that one takes Redis others may have to wait for. */
    private static final int PAGES_UNDER_WAY = 2;

    /** Sent and not answered: what a fast network and 10 ms hold, and no more than others may have to wait for. */
    private static final long UNDER_WAY_BYTES = 2L << 20;

    /** Heads asked for at a time: other commands fit between. */
    private static final int PIPELINED = 512;

    /** The kind of the keys of streams. */
    static final String STREAM = "s";

    private static final byte[] NONE = new byte[0];

    private final Config.RedisLog config;
    private final RedisClients clients;
    private final Replicas replicas;
    private final RoomKeys names;
    private final FrameWriter writer;
    private final byte[] header;
    private final byte[] publish;
    private final RedisScript<List<Object>> append;
    private final RedisScript<List<Object>> head;
    private final RedisScript<List<Object>> read;

    /** The same on connections of its own: a page of a MiB holds up all commands that are behind it. */
    private final RedisScript<List<Object>> readApart;

    private final FairLane lane;

    /** A line is what one user sends to one room. */
    private final InTurn senders = new InTurn();

    private final PageLane pages;
    private final Set<RoomId> used = ConcurrentHashMap.newKeySet();
    private final ScheduledFuture<?> keeper;

    /** One that waits for no replicas. */
    public RedisLog(Config.RedisLog config, RedisClients clients, String nodeId, FrameWriter writer) {
        this(config, clients, new Replicas(clients, 0), clients, nodeId, writer);
    }

    /**
     * A log whose messages are stored when replicas have them.
     *
     * @param writing the clients by which messages are stored, those of {@code replicas}
     */
    public RedisLog(
            Config.RedisLog config,
            RedisClients clients,
            Replicas replicas,
            RedisClients writing,
            String nodeId,
            FrameWriter writer) {
        this.replicas = replicas;
        this.config = config;
        this.clients = clients;
        names = clients.keys();
        this.writer = writer;
        header = new RelayHeader(nodeId).beforeSeq(RelayHeader.Kind.MESSAGE);
        publish = arg(clients.publishCommand());
        append = new RedisScript<>(writing, ScriptOutputType.MULTI, "log-life.lua", "log-append.lua");
        head = new RedisScript<>(clients, ScriptOutputType.MULTI, "log-life.lua", "log-head.lua");
        read = new RedisScript<>(clients, ScriptOutputType.MULTI, "log-life.lua", "log-read.lua");
        readApart = new RedisScript<>(
                clients, clients::pageCommands, ScriptOutputType.MULTI, "log-life.lua", "log-read.lua");
        pages = new PageLane(PAGES_UNDER_WAY, clients.timeout().toMillis());
        lane = new FairLane(
                UNDER_WAY_BYTES,
                clients.timeout().toMillis(),
                new FairQueue(MAX_WAITING, MAX_WAITING_BYTES),
                this::send);
        long everyMs = Math.max(1, config.ttlMs() / 3); // two may fail
        keeper = clients.executor().scheduleWithFixedDelay(() -> heads(used), everyMs, everyMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return answer(head.call(keys(room), fresh(), arg(config.ttlMs())), list -> {
            used.add(room); // not before: who could not open it does not close it either
            return head(list);
        });
    }

    @Override
    public void close(RoomId room) {
        used.remove(room);
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        return lane.append(draft);
    }

    private CompletionStage<Receipt> send(Draft draft) {
        RoomId room = draft.room();
        Message message = draft.message();
        MessageParts parts = writer.parts(room, message);
        CompletionStage<List<Object>> result = replicas.after(() -> senders.call(
                room.text() + '\n' + message.sender().text(), // ids have no control characters
                () -> store(appendKeys(room, message), message, parts, NONE)
                        .thenCompose(list -> (Long) list.get(0) >= 0
                                ? CompletableFuture.completedFuture(list)
                                : lookElsewhere(list, room, message, parts))));
        return answer(
                result,
                list -> new Receipt(
                        (Long) list.get(0), (Long) list.get(1) == 1, (Long) list.get(3) == 1, text(list.get(2))));
    }

    private CompletionStage<List<Object>> store(
            String[] keys, Message message, MessageParts parts, byte[] idIsNowhereElse) {
        return append.call(
                keys,
                fresh(),
                arg(config.messagesPerRoom()),
                arg(config.ttlMs()),
                arg(config.idempotencyWindowMs()),
                arg(message.ts()),
                arg(message.sender().text()),
                arg(message.id()),
                header,
                publish,
                parts.before(),
                parts.content(),
                parts.behind(),
                idIsNowhereElse,
                arg(config.bytesPerRoom()));
    }

    /** The slot moves: the room is still here, and its ids may be there already. A command for one key is sent on there. */
    private CompletionStage<List<Object>> lookElsewhere(
            List<Object> answer, RoomId room, Message message, MessageParts parts) {
        String[] keys = appendKeys(room, message);
        return clients.commands().get(keys[keys.length - 1]).thenCompose(sent -> {
            String[] place = sent == null ? new String[0] : text(sent).split(" ");
            return place.length > 1 && place[1].equals(text(answer.get(3)))
                    ? CompletableFuture.completedFuture(List.of(Long.valueOf(place[0]), 1L, answer.get(2), 1L))
                    : store(keys, message, parts, arg(1));
        });
    }

    private String[] appendKeys(RoomId room, Message message) {
        String meta = names.of("l", room.text());
        String stream = names.of(STREAM, room.text());
        String channel = names.channel(room.text());
        if (message.id() == null) {
            return new String[] {meta, stream, channel};
        }
        String sender = message.sender().text(); // its length, since ids may hold whatever stands between the two
        String sent = ":" + sender.length() + ":" + sender + ":" + message.id();
        return new String[] {meta, stream, channel, names.of("i", room.text()) + sent};
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        return pages.read(() -> readNow(room, range));
    }

    private CompletionStage<Page> readNow(RoomId room, Range range) {
        boolean empty = range.before() - 1 <= range.after();
        return answer(
                readBesideOthers(
                        keys(room),
                        used.contains(room) ? fresh() : NONE,
                        arg(range.after() + 1),
                        range.before() == Range.END ? arg("+") : arg(range.before() - 1),
                        arg(empty ? 0 : range.limit()),
                        arg(range.forward() ? 1 : 0),
                        arg(range.sinceMs()),
                        range.untilMs() == Range.END ? NONE : arg(range.untilMs()),
                        arg(config.ttlMs()),
                        arg(range.mostBytes()),
                        arg(range.bare() ? 1 : 0)),
                list -> page(list, range.forward()));
    }

    /** On the connections that all share only if another may be at another server, which may know less. */
    private CompletionStage<List<Object>> readBesideOthers(String[] keys, byte[]... args) {
        String at = clients.pagesAt();
        if (at == null) {
            return read.call(keys, args);
        }
        return readApart
                .call(keys, args)
                .handle((list, error) -> {
                    if (error == null && at.equals(clients.pagesAt())) {
                        return CompletableFuture.completedFuture(list);
                    }
                    if (error != null) {
                        clients.pagesFailed(error);
                    }
                    return read.call(keys, args);
                })
                .thenCompose(answer -> answer);
    }

    private static Page page(List<Object> list, boolean forward) {
        Head head = head(list);
        String oldest = text(list.get(4));
        List<Message> messages = new ArrayList<>();
        for (Object entry : (List<?>) list.get(5)) {
            messages.add(message((List<?>) entry));
        }
        if (!forward) {
            Collections.reverse(messages);
        }
        return new Page(messages, oldest.isEmpty() ? head.seq() + 1 : seq(oldest), head, (Long) list.get(6) == 1);
    }

    private static Message message(List<?> entry) {
        List<?> fields = (List<?>) entry.get(1); // t, ts, s, sender, i, id, c, content: as the script wrote them
        String id = text(fields.get(5));
        return new Message(
                seq(text(entry.get(0))),
                Long.parseLong(text(fields.get(1))),
                new UserId(text(fields.get(3))),
                id.isEmpty() ? null : id,
                (byte[]) fields.get(7));
    }

    /** The seq of a stream's entry. */
    private static long seq(String entryId) {
        return Long.parseLong(entryId, 0, entryId.indexOf('-'), 10);
    }

    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        Map<RoomId, Head> heads = new ConcurrentHashMap<>();
        return answer(heads(List.copyOf(rooms), 0, heads), done -> heads);
    }

    private CompletionStage<Void> heads(List<RoomId> rooms, int from, Map<RoomId, Head> heads) {
        int to = Math.min(rooms.size(), from + PIPELINED);
        List<CompletableFuture<?>> some = new ArrayList<>();
        for (RoomId room : rooms.subList(from, to)) {
            some.add(head.call(keys(room), NONE, arg(config.ttlMs()))
                    .thenAccept(list -> {
                        if (!list.isEmpty()) {
                            heads.put(room, head(list));
                        }
                    })
                    .toCompletableFuture());
        }
        return CompletableFuture.allOf(some.toArray(CompletableFuture[]::new))
                .thenCompose(
                        done -> to < rooms.size() ? heads(rooms, to, heads) : CompletableFuture.completedFuture(null));
    }

    @Override
    public void close() {
        keeper.cancel(false);
    }

    private static <A, B> CompletionStage<B> answer(CompletionStage<A> result, Function<A, B> then) {
        return result.handle((value, error) -> {
            if (error != null) {
                throw new LogUnavailableException("Redis: " + error.getMessage(), error);
            }
            return then.apply(value);
        });
    }

    private String[] keys(RoomId room) {
        return new String[] {names.of("l", room.text()), names.of(STREAM, room.text())};
    }

    /** An epoch for a room that begins its life with this call. */
    private static byte[] fresh() {
        return arg(Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX));
    }

    private static Head head(List<Object> list) {
        return new Head((Long) list.get(0), text(list.get(1)), (Long) list.get(2), PastEpoch.all(text(list.get(3))));
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, StandardCharsets.UTF_8);
    }
}
