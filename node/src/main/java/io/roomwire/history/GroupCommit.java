package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread that commits whatever came in while its last group was committing: no timer, so a lone message waits for
 * nothing, and under load the groups grow by themselves.
 *
 * <p>Any thread may call {@link #append} and {@link #close}; all else belongs to the committing thread.
 */
final class GroupCommit implements AutoCloseable {
    /** Whoever comes meanwhile waits for a group that has begun: some 20 ms of a disk. */
    private static final long MAX_GROUP_BYTES = 1L << 20;

    /** Of contents that wait: postgres.queue counts messages, and large ones could fill the heap. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    /** How often an idle connection is looked at, or a lost one is sought. */
    private static final long IDLE_MS = 500;

    /** A server that refused appends is taken to be well again when one was stored, or when none was tried for so long. */
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(10);

    /** In a row, by values that the server cannot take: then it is the server, and not the values. */
    private static final int WRONG_IN_A_ROW = 3;

    /** In a row again: then the rest of the group is not tried one by one. */
    private static final int WRONG_AT_MOST = 16;

    private final Database database;
    private final LogHealth health;
    private final KnownHeads known;
    private final long windowMs;
    private final BiConsumer<RoomId, Head> onNewEpoch;
    private final Runnable onMissingPartition;
    private final FairQueue queue;
    private final long longestWaitNs;
    private final Thread thread;
    private volatile boolean closed;

    private @Nullable Appender appender;
    private final ServerClock clock;
    private final Restraint restraint = new Restraint(Math::random);
    private @Nullable LogUnavailableException lastFailure; // until something was stored, or the connection made again
    private boolean doubted; // whether the server that failed is still the one to be used
    private boolean refused; // appends, by a server that lives
    private long refusedNs;
    private int wrongInARow;

    GroupCommit(
            String name,
            Database database,
            LogHealth health,
            KnownHeads known,
            int queue,
            long windowMs,
            BiConsumer<RoomId, Head> onNewEpoch,
            Runnable onMissingPartition,
            LongSupplier steadyNs) {
        clock = new ServerClock(steadyNs);
        this.onMissingPartition = onMissingPartition;
        this.database = database;
        this.health = health;
        this.known = known;
        this.windowMs = windowMs;
        this.onNewEpoch = onNewEpoch;
        this.queue = new FairQueue(queue, MAX_WAITING_BYTES);
        this.longestWaitNs = TimeUnit.MILLISECONDS.toNanos(database.halfMs());
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    CompletionStage<Receipt> append(Draft draft) {
        Pending pending = new Pending(draft, new CompletableFuture<>(), System.nanoTime());
        if (closed) {
            pending.fail(new LogUnavailableException("the log is closed"));
        } else {
            Pending out = queue.offer(pending);
            if (out != null) {
                out.fail(new LogUnavailableException(
                        "as many messages as postgres.queue allows, or 64 MiB, wait for PostgreSQL: " + queue.size()));
            }
            if (closed) {
                failQueued(new LogUnavailableException("the log is closed"));
            }
        }
        return pending.receipt();
    }

    int queued() {
        return queue.size();
    }

    private void run() {
        while (!closed) {
            try {
                List<Pending> group = take();
                if (group.isEmpty()) {
                    idle();
                } else {
                    commit(group);
                }
            } catch (InterruptedException e) {
                break; // only close() interrupts
            }
        }
        failQueued(new LogUnavailableException("the log is closed"));
        disconnect();
    }

    private List<Pending> take() throws InterruptedException {
        List<Pending> group = new ArrayList<>();
        Pending next = queue.poll(IDLE_MS, TimeUnit.MILLISECONDS);
        long bytes = 0;
        while (next != null) {
            group.add(next);
            bytes += next.bytes();
            next = group.size() < restraint.mostAtOnce() && bytes < MAX_GROUP_BYTES ? queue.poll() : null;
        }
        return group;
    }

    private void idle() {
        if (isToPause()) {
            return;
        }
        try {
            connect().ping();
            if (refused && System.nanoTime() - refusedNs > QUIET_NS) {
                isWell();
            }
        } catch (SQLException e) {
            if (SqlFailure.of(e) == SqlFailure.LIFE) {
                disconnect(); // the next one is where the present life is
            } else {
                lost(e);
            }
        } catch (RuntimeException e) {
            lost(e);
        }
    }

    private Appender connect() throws SQLException {
        if (doubted) {
            doubted = false;
            if (database.findSuccessor()) {
                disconnect();
            }
        }
        Appender connected = appender;
        if (connected == null) {
            connected = new Appender(database, known, windowMs, clock, onNewEpoch);
            appender = connected;
            if (!refused) {
                isWell();
            }
        }
        return connected;
    }

    /** Not where another writer has found the server well meanwhile. */
    private boolean isToPause() {
        return !restraint.mayTry(System.nanoTime()) && health.downReason() != null;
    }

    /** Told once; costs nothing else. */
    private void isWell() {
        refused = false;
        wrongInARow = 0;
        lastFailure = null;
        health.up(this);
    }

    private void stored() {
        restraint.succeeded();
        wrongInARow = 0;
        if (lastFailure != null || refused) {
            isWell();
        }
    }

    private void commit(List<Pending> group) {
        LogUnavailableException failure = lastFailure;
        if (failure != null && isToPause()) { // a dead server is not asked once for each
            group.forEach(pending -> pending.fail(failure));
            return;
        }
        store(withoutRepeats(group), true);
    }

    /** Of drafts that are the same by their id one is stored; the others get its place. */
    private static List<Pending> withoutRepeats(List<Pending> group) {
        Map<Sent, Pending> sent = new HashMap<>();
        List<Pending> firsts = new ArrayList<>(group.size());
        for (Pending pending : group) {
            Draft draft = pending.draft();
            String id = draft.message().id();
            Pending first = id == null
                    ? null
                    : sent.putIfAbsent(new Sent(draft.room(), draft.message().sender(), id), pending);
            if (first == null) {
                firsts.add(pending);
            } else {
                follow(pending, first);
            }
        }
        return firsts;
    }

    private static void follow(Pending repeat, Pending first) {
        first.receipt().whenComplete((receipt, failure) -> {
            if (failure == null) {
                repeat.receipt().complete(new Receipt(receipt.seq(), true, false, receipt.epoch()));
            } else {
                repeat.receipt().completeExceptionally(failure);
            }
        });
    }

    private void store(List<Pending> group, boolean mayRepeat) {
        List<Pending> inTime = failLate(group);
        if (inTime.isEmpty()) {
            return;
        }
        List<Receipt> receipts;
        try {
            receipts = connect().append(inTime);
        } catch (SQLException e) {
            switch (SqlFailure.of(e)) {
                case DATA -> storeApart(inTime, e);
                case CONFLICT -> {
                    if (mayRepeat) {
                        store(inTime, false);
                    } else {
                        LogUnavailableException failure = unavailable(e);
                        inTime.forEach(pending -> pending.fail(failure));
                    }
                }
                case LIFE -> { // nothing was stored: it may go where the present life is
                    disconnect();
                    if (mayRepeat) {
                        store(inTime, false);
                    } else {
                        fail(inTime, e);
                    }
                }
                case SERVER -> fail(inTime, e);
            }
            return;
        } catch (RuntimeException e) {
            fail(inTime, e);
            return;
        }
        stored();
        for (int i = 0; i < receipts.size(); i++) {
            inTime.get(i).receipt().complete(receipts.get(i));
        }
    }

    /** One draft that the database cannot take must not take the others down with it. */
    private void storeApart(List<Pending> group, SQLException why) {
        if (SqlFailure.isMissingPartition(why)) {
            onMissingPartition.run();
        }
        if (group.size() > 1 && wrongInARow < WRONG_AT_MOST) {
            int half = group.size() / 2;
            store(group.subList(0, half), true);
            store(group.subList(half, group.size()), true);
            return;
        }
        wrongInARow++;
        LogUnavailableException failure = unavailable(why);
        if (wrongInARow >= WRONG_IN_A_ROW) {
            refuses(failure, why);
        }
        group.forEach(pending -> pending.fail(failure));
    }

    private void refuses(LogUnavailableException failure, Exception why) {
        refused = true;
        refusedNs = System.nanoTime();
        lastFailure = failure;
        health.refused(this, SqlFailure.reason(why));
    }

    /** Whoever waited for half the time could get no answer within the whole. */
    private List<Pending> failLate(List<Pending> group) {
        long now = System.nanoTime();
        List<Pending> inTime = new ArrayList<>(group.size());
        for (Pending pending : group) {
            if (now - pending.sinceNs() < longestWaitNs) {
                inTime.add(pending);
            } else {
                pending.fail(new LogUnavailableException("PostgreSQL is too slow: waited " + database.halfMs() + "ms"));
            }
        }
        return inTime;
    }

    private void fail(List<Pending> group, Exception why) {
        LogUnavailableException failure = lost(why);
        group.forEach(pending -> pending.fail(failure));
    }

    /** Those who wait would only meet the same end, later than they were promised. */
    private LogUnavailableException lost(Exception why) {
        LogUnavailableException failure = unavailable(why);
        restraint.failed(System.nanoTime());
        lastFailure = failure;
        doubted = appender != null; // else each host was just asked
        if (appender != null && SqlFailure.isAnswer(why)) { // else it was not even asked to store
            refuses(failure, why);
        }
        if (!SqlFailure.leavesConnection(why)) {
            disconnect();
        }
        health.down(SqlFailure.reason(why));
        failQueued(failure);
        return failure;
    }

    private static LogUnavailableException unavailable(Exception why) {
        return new LogUnavailableException("PostgreSQL: " + SqlFailure.reason(why), why);
    }

    private void failQueued(LogUnavailableException failure) {
        queue.drain().forEach(pending -> pending.fail(failure));
    }

    private void disconnect() {
        Appender connected = appender;
        appender = null;
        if (connected != null) {
            try {
                connected.close();
            } catch (SQLException e) {
                // it is lost anyway
            }
        }
    }

    /** Ends after the group that is being committed; what waits behind it fails. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(2L * database.halfMs());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Sent(RoomId room, UserId sender, String id) implements Comparable<Sent> {
        private static final Comparator<Sent> ORDER =
                Comparator.comparing(Sent::id).thenComparing(Sent::sender).thenComparing(Sent::room);

        @Override
        public int compareTo(Sent other) {
            return ORDER.compare(this, other); // as in UserId
        }
    }
}
