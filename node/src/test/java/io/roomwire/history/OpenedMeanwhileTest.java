package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.roomwire.config.Config;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Rooms that are opened while the database's life changes. */
class OpenedMeanwhileTest extends OnPostgres {
    /** So long that a question is still waiting for its answer when the life has changed. */
    private static final long PATIENT_MS = 30_000;

    @Test
    void aRoomThatOpensWhileTheLifeChangesIsToldWithWhatIsInIt() throws Exception {
        PostgresLog log = log(patient());
        get(log.append(draft("m-1", "1")));
        RoomId another = new RoomId(room + "-another");
        get(log.append(draft(another, ALICE, "m-1", "1")));
        String before = get(log.open(room)).epoch();

        List<CompletionStage<Head>> opening;
        try (Connection other = postgres.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE roomwire.room_head IN ACCESS EXCLUSIVE MODE");
            opening = List.of(log.open(room), log.open(another));
            await("one question about both rooms, or two")
                    .until(() -> !postgres.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                    + " AND query LIKE '%room_head%'")
                            .equals("0"));
            postgres.execute("UPDATE roomwire.life SET server = 'another'"); // as a promoted standby would find it
            postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roomwire'"
                    + " AND wait_event_type <> 'Lock'");
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            !postgres.query("SELECT server FROM roomwire.life").equals("another"));
            other.rollback();
        }

        for (CompletionStage<Head> head : opening) {
            assertThat(get(head).seq()).isEqualTo(1);
            assertThat(get(head).epoch()).isNotEqualTo(before);
        }
    }

    private static Config.Postgres patient() {
        Config.Postgres usual = postgres.config(20_000, WEEK_MS);
        return new Config.Postgres(
                usual.servers(),
                usual.pool(),
                usual.writers(),
                PATIENT_MS,
                usual.queue(),
                usual.retentionAgeMs(),
                usual.retentionMessages(),
                usual.durability(),
                usual.idempotencyWindowMs());
    }
}
