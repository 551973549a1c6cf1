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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresPlanTest extends OnPostgres {
    private static final int SEQS = 240_000;
    private static final int PAGE = 50;

    /**
     * 8 KiB pages of index and table that one page of history may touch, wherever it is; 30 are seen: three levels of an
     * index, four of its leaves, and the rows, of which those of five rooms lie side by side. A walk over half of a room
     * would touch more than a thousand.
     */
    private static final long TOUCHED_AT_MOST = 100;

    private static final Pattern TOUCHED = Pattern.compile("Buffers: shared(?: hit=(\\d+))?(?: read=(\\d+))?");

    private static Database database;

    /** Five rooms, side by side, of 240,000 messages each. */
    @BeforeAll
    static void aMillionMessages() throws Exception {
        PostgresLog log = postgres.log();
        get(log.append(draft(new RoomId("first"), ALICE, "m-1", "1")));
        log.close();
        postgres.execute(
                "INSERT INTO roomwire.message SELECT 'plan-' || n % 5, n / 5 + 1, now(), 1, 'alice', 'm-' || n,"
                        + " '\\x31' FROM generate_series(0, 1199999) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'plan-' || n, 240000 FROM generate_series(0, 4) n");
        postgres.execute("INSERT INTO roomwire.room_head SELECT 'other-' || n, 1 FROM generate_series(0, 4999) n");
        postgres.execute("ANALYZE roomwire.message; ANALYZE roomwire.room_head");
        database = new Database(postgres.config(1, WEEK_MS), postgres.server());
        database.schemaIsReady();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPageIsReadByIndexAlone(boolean forward) throws Exception {
        String plan = plan(new Range(2000, 9000, PAGE, forward));
        assertThat(plan)
                .contains("Index Only Scan")
                .contains("Index Scan")
                .doesNotContain("Seq Scan", "Bitmap", "Sort Method");
        int rows = plan.indexOf("m_6"); // the second scan of the partition in use, by the page
        assertThat(plan.indexOf("rows=51.00", rows) > 0 || plan.indexOf("rows=50.00", rows) > 0)
                .as("no more rows read than shown: %s", plan)
                .isTrue();
    }

    static List<Range> depths() {
        return List.of(
                Range.upTo(Range.END, PAGE),
                Range.behind(SEQS - PAGE, PAGE),
                Range.upTo(SEQS / 2, PAGE),
                Range.behind(SEQS / 2, PAGE),
                Range.upTo(PAGE + 1, PAGE),
                Range.behind(0, PAGE));
    }

    @ParameterizedTest
    @MethodSource("depths")
    void theCostOfAPageDoesNotGrowWithItsDepth(Range range) throws Exception {
        String plan = plan(range);
        Matcher touched = TOUCHED.matcher(plan); // the first is of the whole query
        assertThat(touched.find()).as(plan).isTrue();
        assertThat(number(touched.group(1)) + number(touched.group(2)))
                .as("buffers touched: %s", plan)
                .isBetween(1L, TOUCHED_AT_MOST);
        assertThat(plan).as("a full page").contains("rows=50.00");
    }

    private static long number(String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static String plan(Range range) throws SQLException {
        String sql = range.forward() ? PageReader.FORWARD : PageReader.BACKWARD;
        try (Connection connection = database.connect();
                PreparedStatement explain = connection.prepareStatement("EXPLAIN (ANALYZE, BUFFERS) " + sql)) {
            PageReader.bind(explain, new RoomId("plan-3"), range, Long.MAX_VALUE);
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
                        .extracting(Receipt::seq, Receipt::duplicate)
                        .containsExactly(i % 2 == 0 ? 200_001L + i / 2 : i + 1L, i % 2 != 0);
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
