package io.roomwire.history;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that ask the database, as many as there are connections for it. Any thread may call. */
final class Readers implements AutoCloseable {
    /** Distinct reads that may wait; equal ones are one. More would only wait past their time. */
    private static final int MAX_WAITING = 10_000;

    /** Below that HikariCP takes no time limit. */
    private static final long MIN_WAIT_MS = 250;

    private static final int ATTEMPTS = 3;

    private final HikariDataSource pool;
    private final Life life;
    private final ThreadPoolExecutor threads;
    private final long longestWaitNs;
    private final AtomicInteger made = new AtomicInteger();

    Readers(String name, Database database, int connections) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(new ConnectionSource(database::connect));
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0); // filling it up by itself, it would knock at a dead server all the time
        config.setConnectionTimeout(Math.max(MIN_WAIT_MS, database.halfMs()));
        config.setValidationTimeout(Math.max(MIN_WAIT_MS, database.halfMs() / 2));
        config.setInitializationFailTimeout(-1); // a node starts without its database, and heals
        pool = new HikariDataSource(config);
        life = database.life();
        life.beforeAnother(() -> pool.getHikariPoolMXBean().softEvictConnections());
        longestWaitNs = TimeUnit.MILLISECONDS.toNanos(database.halfMs());
        threads = new ThreadPoolExecutor(
                connections, connections, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
                    Thread thread = new Thread(task, name + "-" + made.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** One question, with a connection of its own for that long. */
    interface Question<T> {
        T ask(Connection connection) throws SQLException;
    }

    /** Asks as soon as a thread is free. */
    <T> void ask(Question<T> question, CompletableFuture<T> answer) {
        long sinceNs = System.nanoTime();
        try {
            threads.execute(() -> answer(question, answer, sinceNs));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new LogUnavailableException("too many reads wait for PostgreSQL", e));
        }
    }

    private <T> void answer(Question<T> question, CompletableFuture<T> answer, long sinceNs) {
        if (System.nanoTime() - sinceNs > longestWaitNs) {
            answer.completeExceptionally(new LogUnavailableException("PostgreSQL is too slow for the reads that wait"));
            return;
        }
        T value;
        try {
            value = inOneLife(question);
        } catch (SQLException | RuntimeException e) {
            answer.completeExceptionally(new LogUnavailableException("PostgreSQL: " + SqlFailure.reason(e), e));
            return;
        }
        answer.complete(value);
    }

    /**
     * An old primary may go on answering by connections that are open, while the new one begins another life: what it
     * says must not be taken for that life's.
     */
    private <T> T inOneLife(Question<T> question) throws SQLException {
        for (int i = 1; ; i++) {
            try (Connection connection = pool.getConnection()) {
                String epoch = life.epoch();
                try {
                    T value = question.ask(connection);
                    life.expect(epoch);
                    return value;
                } catch (SQLException e) {
                    if (i == ATTEMPTS || SqlFailure.of(e) != SqlFailure.LIFE) {
                        throw e;
                    }
                    pool.evictConnection(connection);
                }
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        pool.close();
    }
}
