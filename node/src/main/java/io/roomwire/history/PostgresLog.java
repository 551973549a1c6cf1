package io.roomwire.history;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.PostgresServer;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.redis.RedisClients;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The log in one PostgreSQL, shared by any number of nodes. Any thread may call; stages complete on threads of the log.
 *
 * <p>Not promised: that a seq is read by everyone at the moment of its receipt's arrival elsewhere; a read that is begun
 * after the receipt sees it.
 */
public final class PostgresLog implements RoomLog {
    /** Heads that a node remembers to notice a database that fell behind: some 20 MB, and more rooms than one node has. */
    private static final int KNOWN_HEADS = 100_000;

    /** For rooms that open, which else wait behind pages: one, and one while the heads of all open rooms are compared. */
    private static final int HEAD_CONNECTIONS = 2;

    private final Database database;
    private final LogHealth health;
    private final Upkeep upkeep;
    private final List<GroupCommit> writers = new ArrayList<>();
    private final Readers headReaders;
    private final Readers pageReaders;
    private final HeadReader heads;
    private final PageReader pages;

    /** Who is told what becomes of the log. Called on threads of the log, which wait: return at once. */
    public interface Listener {
        /** The log can store, for the first time or again: rooms should compare their heads. */
        void onUp();

        /** It cannot; said once until it can again. */
        void onDown(String reason);

        /** The room's log was found behind what this node knew, and began a new life: its messages may be others. */
        void onNewEpoch(RoomId room, Head head);
    }

    /** A log of which nobody else remembers how far it came. */
    public PostgresLog(Config.Postgres config, PostgresServer server, Listener listener) {
        this(config, server, Life.NOWHERE, listener, System::nanoTime);
    }

    /** A log of which Redis remembers how far it came. */
    public PostgresLog(Config.Postgres config, PostgresServer server, RedisClients redis, Listener listener) {
        this(config, server, new RedisLives(redis), listener, System::nanoTime);
    }

    PostgresLog(
            Config.Postgres config,
            PostgresServer server,
            Life.Elsewhere elsewhere,
            Listener listener,
            LongSupplier steadyNs) {
        database = new Database(config, server, elsewhere);
        health = new LogHealth(listener);
        KnownHeads known = new KnownHeads(KNOWN_HEADS);
        Partitions partitions = new Partitions(config.retentionAgeMs());
        Retirement retirement = config.retentionAgeMs() == 0
                ? null
                : new Retirement(partitions.longestKeptMs() + config.idempotencyWindowMs());
        upkeep = new Upkeep(database, partitions, retirement, health);
        for (int i = 0; i < config.writers(); i++) {
            writers.add(new GroupCommit(
                    "log-writer-" + i,
                    database,
                    health,
                    known,
                    Math.max(1, config.queue() / config.writers()),
                    config.idempotencyWindowMs(),
                    listener::onNewEpoch,
                    upkeep::partitionIsMissing,
                    steadyNs));
        }
        headReaders = new Readers("log-head-reader", database, HEAD_CONNECTIONS);
        pageReaders = new Readers("log-reader", database, config.pool());
        heads = new HeadReader(headReaders, database.life(), known);
        pages = new PageReader(pageReaders, database, known, config.retentionMessages());
    }

    /**
     * Makes the tables if need be and begins. A database that cannot be reached is no reason to fail: it is sought from
     * then on.
     *
     * @throws ConfigException if the server is weaker than {@code postgres.durability} promises, or can never be used: an old
     *     version, another encoding, a wrong role, password or database
     */
    public void start() {
        refuse(upkeep.start());
        if (database.hasSchema()) {
            try (Connection first = database.connect()) {
                first.isReadOnly(); // to be opened and looked at is all that it is for
            } catch (SQLException e) {
                refuse(e);
                health.down(SqlFailure.reason(e));
            }
        }
        writers.forEach(GroupCommit::start);
        database.life().start();
    }

    /** What can never work is told at once: else a rollout would replace all the nodes that do work. */
    private void refuse(@Nullable Exception why) {
        if (why != null && SqlFailure.isForGood(why)) {
            close();
            boolean named = Durability.REFUSED.equals(SqlFailure.state(why)); // says itself which key it is
            throw new ConfigException((named ? "" : "postgres.uri: " + database + ": ") + SqlFailure.reason(why));
        }
    }

    /** Why nothing can be stored now, or null if it can. */
    public @Nullable String downReason() {
        return health.downReason();
    }

    /** Which settings of the server may lose what was acked, such as {@code fsync=off}; empty if none. */
    public String weakness() {
        return database.durability().weakness();
    }

    /** Which old primary answers beside the server in use, and is passed over; empty if none did in the last minute. */
    public String seenOlder() {
        return database.seenOlder();
    }

    /** Drafts that wait for their group. */
    public int queued() {
        return writers.stream().mapToInt(GroupCommit::queued).sum();
    }

    /** Looks after the partitions now. */
    void keepPartitions() {
        upkeep.keep();
    }

    @Override
    public CompletionStage<Head> open(RoomId room) {
        return heads.open(room);
    }

    @Override
    public void close(RoomId room) {
        // a room costs nothing here while nobody asks
    }

    @Override
    public CompletionStage<Receipt> append(Draft draft) {
        // a room has one writer, which keeps the order of the calls
        return writers.get(RoomHash.of(draft.room(), writers.size())).append(draft);
    }

    @Override
    public CompletionStage<Page> read(RoomId room, Range range) {
        return pages.read(room, range);
    }

    @Override
    public CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        return heads.heads(rooms);
    }

    @Override
    public void close() {
        writers.forEach(GroupCommit::close);
        database.life().end();
        headReaders.close();
        pageReaders.close();
        upkeep.close();
    }
}
