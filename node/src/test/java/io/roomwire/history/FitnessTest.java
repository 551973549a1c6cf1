package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.ConfigException;
import io.roomwire.config.PostgresServer;
import io.roomwire.config.Secret;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can never work ends the start, with words for who configured it. */
class FitnessTest extends OnPostgres {
    private void assertRefused(PostgresServer server, String... words) {
        assertThatThrownBy(() -> log(postgres.config(100, WEEK_MS), server, new Told()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(words);
    }

    private static PostgresServer server(String database, String role) {
        return new PostgresServer(
                "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/" + database, role, new Secret("unused"));
    }

    @ParameterizedTest
    @CsvSource({
        "13, UTF8, 'PostgreSQL 14'",
        "9, UTF8, 'PostgreSQL 14'",
        "14, EUC_JP, EUC_JP",
        "18, SQL_ASCII, SQL_ASCII",
    })
    void anOldVersionOrAnotherEncodingIsNamed(int version, String encoding, String named) {
        assertThat(Fitness.refusal(version, version + ".4", encoding)).contains(named);
        assertThat(Fitness.refusal(14, "14.0", "UTF8")).isNull();
    }

    @Test
    void aDatabaseInAnotherEncodingIsRefused() {
        postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        assertRefused(server("latin", "postgres"), "postgres.uri", "UTF8", "LATIN1");
    }

    @Test
    void aRoleOrADatabaseThatIsNotThereIsRefused() {
        assertRefused(server("postgres", "nobody_here"), "postgres.uri", "nobody_here");
        assertRefused(server("nowhere", "postgres"), "postgres.uri", "nowhere");
    }

    @Test
    void aRoleThatMayNotMakeTheTablesIsRefused() {
        postgres.execute("CREATE DATABASE fresh");
        postgres.execute("CREATE ROLE powerless LOGIN");
        assertRefused(server("fresh", "powerless"), "postgres.uri", "permission denied");
    }

    @Test
    void aMigrationThatFailsIsWhatHealthSays() {
        try (TestPostgres fresh = new TestPostgres()) {
            fresh.execute("CREATE SCHEMA roomwire; CREATE TABLE roomwire.message (n int)");
            PostgresLog log = log(fresh.config(100, WEEK_MS), fresh.server(), new Told());
            await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(20)).until(() -> {
                String reason = log.downReason();
                return reason != null && !reason.contains("not ready yet");
            });
            log.close();
        }
    }

    @Test
    void aPoolerThatSharesConnectionsIsRefusedAndOneThatDoesNotIsUsed() throws Exception {
        try (PgBouncer shared = new PgBouncer(postgres, "transaction")) {
            assertRefused(shared.server(), "postgres.uri", "transaction mode");
        }
        try (PgBouncer own = new PgBouncer(postgres, "session")) {
            PostgresLog log = log(postgres.config(100, WEEK_MS), own.server(), new Told());
            assertThat(get(log.append(draft("m-1", "1"))).seq()).isEqualTo(1);
            log.close();
        }
    }
}
