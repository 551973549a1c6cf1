package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.config.Config;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The server's clock is put forward by more than idempotency.window. */
class ClockStepTest extends OnPostgres {
    private static final long STEP_MINUTES = 10;

    private final AtomicLong aheadNs = new AtomicLong();

    private PostgresLog nodeBesideTheClock() {
        Config.Postgres config = postgres.config(1000, WEEK_MS);
        PostgresLog log = new PostgresLog(
                config, config.servers().get(0), Life.NOWHERE, new Told(), () -> System.nanoTime() - aheadNs.get());
        log.start();
        return log;
    }

    /** As a node sees it: all that was stored is as much older as the clock is ahead of the node's own. */
    private void step() {
        postgres.execute("TRUNCATE roomwire.clock_step");
        for (String table : new String[] {"message", "room_head"}) {
            postgres.execute("UPDATE roomwire." + table + " SET stored = stored - interval '" + STEP_MINUTES
                    + " minutes' WHERE room = '" + room + "'");
        }
        aheadNs.set(TimeUnit.MINUTES.toNanos(STEP_MINUTES));
    }

    @Test
    void anIdIsStoredOnceThoughTheClockStepsPastTheWindow() throws Exception {
        try (PostgresLog log = nodeBesideTheClock();
                PostgresLog other = nodeBesideTheClock()) {
            get(log.append(draft("m-1", "1")));
            get(log.append(draft("m-2", "2")));
            step();
            assertThat(get(log.append(draft("m-1", "1"))))
                    .extracting(Receipt::seq, Receipt::duplicate)
                    .containsExactly(1L, true);
            assertThat(get(other.append(draft("m-2", "2"))).duplicate()).isTrue();
        }
        try (PostgresLog fresh = node()) { // which has not seen the clock before
            assertThat(get(fresh.append(draft("m-2", "2"))).duplicate()).isTrue();
            assertThat(get(fresh.append(draft("m-3", "3"))).seq()).isEqualTo(3);
        }
        assertThat(postgres.query("SELECT max(ahead_ms) BETWEEN 590000 AND 610000 FROM roomwire.clock_step"))
                .isEqualTo("t");
    }

    @Test
    void aClockThatGoesAsItShouldIsNoStep() throws Exception {
        try (PostgresLog log = nodeBesideTheClock()) {
            postgres.execute("TRUNCATE roomwire.clock_step");
            for (int i = 0; i < 50; i++) {
                get(log.append(draft("m-" + i, "1")));
            }
            assertThat(postgres.query("SELECT count(*) FROM roomwire.clock_step WHERE ahead_ms > 60000"))
                    .isEqualTo("0");
        }
    }
}
