package io.roomwire.history;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the tables up to date, keeps their partitions and retires heads: one thread of its own. */
final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final long RETRY_MS = 500;

    private final Database database;
    private final Partitions partitions;
    private final @Nullable Retirement retirement;
    private final LogHealth health;
    private final AtomicBoolean missing = new AtomicBoolean();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "log-upkeep");
        made.setDaemon(true);
        return made;
    });

    /** @param retirement null where messages are kept for good */
    Upkeep(Database database, Partitions partitions, @Nullable Retirement retirement, LogHealth health) {
        this.database = database;
        this.partitions = partitions;
        this.retirement = retirement;
        this.health = health;
    }

    /**
     * Tries once at once, then until the tables are ready, and looks after them from then on.
     *
     * @return why they are not ready yet, null if they are
     */
    @Nullable
    Exception start() {
        Exception failure = prepare();
        long periodMs = TimeUnit.SECONDS.toMillis(partitions.periodSeconds());
        if (failure == null) {
            thread.scheduleWithFixedDelay(this::keep, periodMs, periodMs, TimeUnit.MILLISECONDS);
            if (retirement != null) {
                retireLater(retirement, retirement.restMs());
            }
        } else {
            thread.schedule(this::startAgain, RETRY_MS, TimeUnit.MILLISECONDS);
        }
        return failure;
    }

    private void startAgain() {
        start(); // why it fails is told to health
    }

    private @Nullable Exception prepare() {
        try {
            try (Connection connection = database.plain()) {
                Fitness.check(connection, database::plain);
                // refuses a standby, and says sooner than a migration what is wrong
                ServerState.of(connection, database.halfMs());
            }
            migrate();
            try (Connection connection = database.plain()) {
                partitions.keep(connection);
            }
            database.schemaIsReady();
            return null;
        } catch (SQLException | RuntimeException e) { // whatever it is, it is tried again
            Exception named = Fitness.named(e);
            String reason = SqlFailure.reason(named);
            database.schemaIsNotReady(reason);
            health.down(reason);
            return named;
        }
    }

    /** An append found none for the present time: soon there is one. Any thread may call, as often as it likes. */
    void partitionIsMissing() {
        if (missing.compareAndSet(false, true)) {
            try {
                thread.execute(() -> {
                    missing.set(false);
                    keep();
                });
            } catch (RejectedExecutionException e) {
                // the log closes
            }
        }
    }

    private void migrate() {
        Flyway.configure(Upkeep.class.getClassLoader())
                .dataSource(new ConnectionSource(database::plain))
                .schemas(Database.SCHEMA)
                .createSchemas(true)
                .locations("classpath:db/migration")
                .loggers("slf4j")
                .load()
                .migrate();
    }

    /** Now, for whoever cannot wait. */
    void keep() {
        try (Connection connection = database.plain()) {
            for (String name : partitions.keep(connection)) {
                LOG.info("dropped partition {}: its messages are past postgres.retention-age", name);
            }
        } catch (SQLException | RuntimeException e) {
            // there are partitions for some periods ahead, so the next turn is soon enough
            LOG.warn("partitions of {} were not looked after: {}", database, SqlFailure.reason(e));
        }
    }

    private void retireLater(Retirement heads, long afterMs) {
        try {
            thread.schedule(() -> retireLater(heads, retire(heads)), afterMs, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // the log closes
        }
    }

    private long retire(Retirement heads) {
        try (Connection connection = database.plain()) {
            long againMs = heads.goOn(connection);
            long retired = againMs < heads.restMs() ? 0 : heads.takeRetired();
            if (retired > 0) {
                LOG.info("retired {} rooms without messages in {}", retired, database);
            }
            return againMs;
        } catch (SQLException | RuntimeException e) {
            LOG.warn("rooms without messages were not retired in {}: {}", database, SqlFailure.reason(e));
            return heads.restMs();
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
