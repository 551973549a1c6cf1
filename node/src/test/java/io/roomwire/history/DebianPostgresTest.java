package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the other tests take for granted of the distribution's server. */
@Timeout(180)
class DebianPostgresTest {
    @Test
    void itCompilesPlansAndKeepsItsDataThroughARestart() {
        try (TestPostgres postgres = DebianPostgres.start("jit_above_cost", "0")) {
            assertThat(postgres.query("SELECT pg_jit_available()")).isEqualTo("t");
            assertThat(postgres.query("EXPLAIN ANALYZE SELECT count(*) FROM pg_class"))
                    .contains("JIT:");
            postgres.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
            postgres.stop();
            postgres.startAgain();
            assertThat(postgres.query("SELECT n FROM kept")).isEqualTo("1");
            postgres.kill();
            postgres.startAgain();
            assertThat(postgres.query("SELECT n FROM kept")).isEqualTo("1");
        }
    }

    @Test
    void aSynchronousStandbyHasWhatWasAckedWhenItIsPromoted() {
        try (TestPostgres primary = DebianPostgres.start();
                TestPostgres replica = primary.replica()) {
            primary.execute("CREATE TABLE kept (n int)");
            primary.waitForStandbys();
            primary.execute("INSERT INTO kept VALUES (1)");
            primary.kill();
            replica.promote();
            assertThat(replica.query("SELECT n FROM kept")).isEqualTo("1");
        }
    }
}
