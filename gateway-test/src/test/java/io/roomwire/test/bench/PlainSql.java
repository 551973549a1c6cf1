package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/** What PostgreSQL itself takes: rows of the same size into a table without a history, ids or heads. */
final class PlainSql {
    private static final String TABLE =
            "CREATE TABLE IF NOT EXISTS bare (room text, seq bigint, ts bigint, sender text,"
                    + " id text, content bytea, PRIMARY KEY (room, seq))";
    private static final String COLUMNS = "?::text[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::bytea[]";
    private static final int LATENCY_DIGITS = 3;

    private final TestPostgres postgres;
    private final int rooms;
    private final byte[] content;
    private final AtomicLong seqs = new AtomicLong();

    PlainSql(TestPostgres postgres, int rooms, int size) throws SQLException {
        this.postgres = postgres;
        this.rooms = rooms;
        this.content = ('"' + "x".repeat(size) + '"').getBytes(StandardCharsets.UTF_8);
        postgres.execute(TABLE);
    }

    /** Rows a second with so many connections, and so many rows a commit. */
    double perSecond(int connections, int rowsPerCommit, double seconds) throws SQLException {
        postgres.execute("TRUNCATE bare");
        LongAdder rows = new LongAdder();
        long startNs = System.nanoTime();
        long endNs = startNs + (long) (seconds * 1e9);
        List<FutureTask<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            FutureTask<Void> task = new FutureTask<>(() -> {
                try (Connection connection = postgres.connect();
                        PreparedStatement insert = prepare(connection)) {
                    while (System.nanoTime() < endNs) {
                        insert(connection, insert, rowsPerCommit);
                        rows.add(rowsPerCommit);
                    }
                }
                return null;
            });
            tasks.add(task);
            new Thread(task, "plain-sql-" + i).start();
        }
        tasks.forEach(PlainSql::join);
        return rows.sum() * 1e9 / (System.nanoTime() - startNs);
    }

    /** How long one commit of one row takes, one at a time, in ns. */
    Histogram commits(int count) throws SQLException {
        postgres.execute("TRUNCATE bare");
        Histogram latencies = new Histogram(LATENCY_DIGITS);
        try (Connection connection = postgres.connect();
                PreparedStatement insert = prepare(connection)) {
            for (int i = 0; i < count; i++) {
                long startNs = System.nanoTime();
                insert(connection, insert, 1);
                latencies.recordValue(System.nanoTime() - startNs);
            }
        }
        return latencies;
    }

    private static PreparedStatement prepare(Connection connection) throws SQLException {
        return connection.prepareStatement("INSERT INTO bare SELECT * FROM unnest(" + COLUMNS + ")");
    }

    private void insert(Connection connection, PreparedStatement insert, int rows) throws SQLException {
        String[] names = new String[rows];
        Long[] numbers = new Long[rows];
        String[] senders = new String[rows];
        String[] ids = new String[rows];
        byte[][] contents = new byte[rows][];
        Arrays.fill(senders, "alice");
        Arrays.fill(contents, content);
        for (int i = 0; i < rows; i++) {
            long seq = seqs.incrementAndGet();
            names[i] = "room-" + seq % rooms;
            numbers[i] = seq;
            ids[i] = "m-" + seq;
        }
        Array all = connection.createArrayOf("int8", numbers);
        insert.setArray(1, connection.createArrayOf("text", names));
        insert.setArray(2, all);
        insert.setArray(3, all);
        insert.setArray(4, connection.createArrayOf("text", senders));
        insert.setArray(5, connection.createArrayOf("text", ids));
        insert.setArray(6, connection.createArrayOf("bytea", contents));
        insert.execute();
    }

    private static void join(FutureTask<Void> task) {
        try {
            task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL was measured", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("PostgreSQL took no row", e);
        }
    }
}
