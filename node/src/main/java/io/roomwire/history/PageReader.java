package io.roomwire.history;

import io.roomwire.config.KeptMessages;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads pages; equal reads that wait are one. Any thread may call.
 *
 * <p>A read is not joined to one that has begun: that one may not see what the caller knows to be stored.
 */
final class PageReader {
    /**
     * Head, edge and page in one snapshot: were they read apart, a partition dropped between them would look like a hole.
     * Contents that do not fit stay on the server's disk, since the length of a large one stands in its row; the first
     * message that does not fit comes without its own, to say so.
     */
    private static final String PAGE = """
            SELECT %1$s, o.seq, p.seq, p.ts, p.sender, p.id,
                CASE WHEN p.bytes > ? AND p.bytes > p.own THEN NULL WHEN ? AND p.own > 0 THEN '0' ELSE p.content END
            FROM roomwire.life l LEFT JOIN %3$s ON true
            LEFT JOIN LATERAL (
                SELECT m.seq FROM roomwire.message m WHERE m.room = ? AND m.seq > h.seq - ?
                ORDER BY m.seq LIMIT 1) o ON true
            LEFT JOIN LATERAL (
                SELECT m.seq, m.ts, m.sender, m.id, m.content, octet_length(m.content) AS own,
                    sum(octet_length(m.content)) OVER (ORDER BY m.seq %2$s ROWS UNBOUNDED PRECEDING) AS bytes
                FROM roomwire.message m
                WHERE m.room = ? AND m.seq > greatest(?, h.seq - ?) AND m.seq < ?
                ORDER BY m.seq %2$s LIMIT ?) p ON p.bytes - p.own <= ?
            WHERE l.one""";

    static final String FORWARD = PAGE.formatted(HeadRow.COLUMNS, "", HeadRow.of("?"));
    static final String BACKWARD = PAGE.formatted(HeadRow.COLUMNS, "DESC", HeadRow.of("?"));

    static final String PLACES = "SELECT roomwire.seq_at(?, ?), roomwire.seq_at(?, ?)";

    private final Readers readers;
    private final Database database;
    private final KnownHeads known;
    private final List<KeptMessages> kept;
    private final ConcurrentHashMap<Wanted, CompletableFuture<Page>> waiting = new ConcurrentHashMap<>();

    PageReader(Readers readers, Database database, KnownHeads known, List<KeptMessages> kept) {
        this.readers = readers;
        this.database = database;
        this.known = known;
        this.kept = kept;
    }

    CompletionStage<Page> read(RoomId room, Range range) {
        Wanted wanted = new Wanted(room, range);
        CompletableFuture<Page> mine = new CompletableFuture<>();
        CompletableFuture<Page> first = waiting.putIfAbsent(wanted, mine);
        if (first != null) {
            return first;
        }
        mine.whenComplete((page, failure) -> waiting.remove(wanted, mine)); // for a read that never began
        readers.ask(
                connection -> {
                    waiting.remove(wanted, mine);
                    return page(connection, room, range);
                },
                mine);
        return mine;
    }

    private Page page(Connection connection, RoomId room, Range asked) throws SQLException {
        Range range = asked.isTimed() ? placed(connection, room, asked) : asked;
        try (PreparedStatement ask = connection.prepareStatement(range.forward() ? FORWARD : BACKWARD)) {
            bind(ask, room, range, shown(room));
            try (ResultSet rows = ask.executeQuery()) {
                Page page = page(rows, range);
                known.saw(room, page.head());
                return page;
            }
        }
    }

    /** A query of its own: with times as conditions the query of the page could no longer go by the index of seqs. */
    private static Range placed(Connection connection, RoomId room, Range range) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(PLACES)) {
            ask.setString(1, room.text());
            ask.setLong(2, range.sinceMs());
            ask.setString(3, room.text());
            ask.setLong(4, range.untilMs());
            try (ResultSet row = ask.executeQuery()) {
                row.next();
                return range.between(row.getLong(1), row.getLong(2));
            }
        }
    }

    /** Fills the question in. */
    static void bind(PreparedStatement ask, RoomId room, Range range, long shown) throws SQLException {
        ask.setLong(1, range.mostBytes());
        ask.setBoolean(2, range.bare());
        ask.setString(3, room.text());
        ask.setString(4, room.text());
        ask.setLong(5, shown);
        ask.setString(6, room.text());
        ask.setLong(7, range.after());
        ask.setLong(8, shown);
        ask.setLong(9, range.before());
        ask.setInt(10, range.limit());
        ask.setLong(11, range.mostBytes());
    }

    private Page page(ResultSet rows, Range range) throws SQLException {
        List<Message> messages = new ArrayList<>();
        Head head = null;
        long oldest = 1;
        boolean cut = false;
        while (rows.next()) {
            if (head == null) { // each row says the same of the room
                head = HeadRow.read(rows, database.life());
                oldest = rows.getLong(HeadRow.WIDTH + 1);
                if (rows.wasNull()) {
                    oldest = head.seq() + 1;
                }
            }
            long seq = rows.getLong(HeadRow.WIDTH + 2);
            if (!rows.wasNull()) {
                byte[] content = rows.getBytes(HeadRow.WIDTH + 6);
                if (content == null) {
                    cut = true;
                    break;
                }
                messages.add(new Message(
                        seq,
                        rows.getLong(HeadRow.WIDTH + 3),
                        new UserId(rows.getString(HeadRow.WIDTH + 4)),
                        rows.getString(HeadRow.WIDTH + 5),
                        content));
            }
        }
        if (head == null) {
            throw new SQLException("the database has no life: a row of its table is missing");
        }
        if (!range.forward()) {
            Collections.reverse(messages);
        }
        return new Page(Collections.unmodifiableList(messages), oldest, head, cut);
    }

    /** How many of its newest messages the room shows. */
    private long shown(RoomId room) {
        for (KeptMessages rule : kept) {
            if (room.text().startsWith(rule.prefix())) {
                return rule.messages();
            }
        }
        return Long.MAX_VALUE;
    }

    private record Wanted(RoomId room, Range range) implements Comparable<Wanted> {
        private static final Comparator<Wanted> ORDER = Comparator.comparing(Wanted::room)
                .thenComparingLong(wanted -> wanted.range.after())
                .thenComparingLong(wanted -> wanted.range.before())
                .thenComparingLong(wanted -> wanted.range.sinceMs())
                .thenComparingLong(wanted -> wanted.range.untilMs());

        @Override
        public int compareTo(Wanted other) {
            return ORDER.compare(this, other); // as in RoomId
        }
    }
}
