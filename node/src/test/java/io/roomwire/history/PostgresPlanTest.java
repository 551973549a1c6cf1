package io.roomwire.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class PostgresPlanTest extends OnPostgres {
    @Test
    void aPageIsReadByIndexAlone() throws Exception {
        get(node().append(draft("m-1", "1")));
        postgres.execute(
                "INSERT INTO roomwire.message SELECT 'plan-' || n % 5, n / 5 + 1, now(), 1, 'alice', 'm-' || n,"
                        + " '\\x31' FROM generate_series(0, 1199999) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'plan-' || n, 240000 FROM generate_series(0, 4) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'other-' || n, 1 FROM generate_series(0, 4999) n");
        postgres.execute("ANALYZE roomwire.message; ANALYZE roomwire.room_head");
        Database database = new Database(postgres.config(1, WEEK_MS), postgres.server());
        database.schemaIsReady();
        try (Connection connection = database.connect()) {
            for (String sql : List.of(PageReader.FORWARD, PageReader.BACKWARD)) {
                String plan = plan(connection, sql);
                assertThat(plan)
                        .contains("Index Only Scan")
                        .contains("Index Scan")
                        .doesNotContain("Seq Scan", "Bitmap", "Sort Method");
                int rows = plan.indexOf("m_6"); // the second scan of the partition in use, by the page
                assertThat(plan.indexOf("rows=51.00", rows) > 0 || plan.indexOf("rows=50.00", rows) > 0)
                        .as("no more rows read than shown: %s", plan)
                        .isTrue();
            }
        }
    }

    private static String plan(Connection connection, String sql) throws SQLException {
        try (PreparedStatement explain = connection.prepareStatement("EXPLAIN ANALYZE " + sql)) {
            PageReader.bind(explain, new RoomId("plan-3"), new Range(2000, 9000, 50, true), Long.MAX_VALUE);
            try (ResultSet rows = explain.executeQuery()) {
                StringBuilder plan = new StringBuilder();
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
                return plan.toString();
            }
        }
    }

    @Test
    void aPlanMadeWhileTheTablesWereEmptyStillServesALongRoom() throws Exception {
        try (TestPostgres fresh = new TestPostgres()) {
            PostgresLog log = log(fresh.config(20_000, WEEK_MS));
            get(log.append(draft("m-0", "0")));
            fresh.execute("INSERT INTO roomwire.message SELECT '" + room
                    + "', n, clock_timestamp(), 1, 'alice', 'm-' || n," + " '\\x31' FROM generate_series(2, 200000) n");
            fresh.execute("UPDATE roomwire.room_head SET seq = 200000, stored = clock_timestamp()");
            List<CompletionStage<Receipt>> again = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                again.add(log.append(draft(i % 2 == 0 ? "new-" + i : "m-" + (i + 1), "1")));
            }
            for (int i = 0; i < 2000; i++) {
                Receipt receipt = get(again.get(i));
                assertThat(receipt)
                        .isEqualTo(
                                i % 2 == 0
                                        ? new Receipt(200_001 + i / 2, false, false)
                                        : new Receipt(i + 1, true, false));
            }
            log.close();
        }
    }

    @Test
    void equalReadsThatWaitAreOneQuery() throws Exception {
        PostgresLog log = node();
        get(log.append(draft("m-1", "1")));
        List<CompletionStage<Page>> pages = new ArrayList<>();
        postgres.signal("STOP");
        try {
            for (int i = 0; i < 1000; i++) {
                pages.add(log.read(room, Range.behind(0, 50)));
            }
        } finally {
            postgres.signal("CONT");
        }
        for (CompletionStage<Page> page : pages) {
            assertThat(seqsOf(get(page))).containsExactly(1L);
        }
        assertThat(new HashSet<>(pages)).hasSizeLessThan(10);
    }
}
