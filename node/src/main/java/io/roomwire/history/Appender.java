package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Appends groups by one connection: a round trip and a commit a group. Used by one thread.
 *
 * <p>A group is stored whole or not at all. If the commit's answer is lost nobody knows which; a draft with an id may then
 * be sent again safely, one without may come to be stored twice: that is what ids are for.
 */
final class Appender implements AutoCloseable {
    /** What the server's clock showed when the statement came, which is what a step is measured by. */
    private static final String CLOCK = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint";

    private static final String WINDOW = Database.SCHEMA + ".window_by_clock(?, ?)";
    private static final String PING = "SELECT " + WINDOW + ", " + CLOCK;
    private static final String APPEND = "SELECT seqs, epochs, log_place, " + CLOCK + " FROM " + Database.SCHEMA
            + ".append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " + WINDOW + ", ?)";
    private static final String LOCK_HEADS = "SELECT " + Database.SCHEMA + ".lock_heads(?, ?, ?, ?)";

    /**
     * Those whose numbers the server has not reached, in whatever epoch; locks nothing, which is nearly always all. One that
     * is not there was retired, unless it was known in the epoch in which it would begin now.
     */
    private static final String BEHIND =
            "SELECT k.n FROM " + Database.SCHEMA + ".life l CROSS JOIN unnest(?::text[], ?::bigint[], ?::text[])"
                    + " WITH ORDINALITY k (room, seq, epoch, n)"
                    + " WHERE l.one AND coalesce((SELECT h.seq FROM " + Database.SCHEMA
                    + ".room_head h WHERE h.room = k.room), CASE WHEN k.epoch = " + Database.SCHEMA
                    + ".generation_name(l.generation) THEN -1 ELSE k.seq END) < k.seq";

    private static final String PROCESS =
            "SELECT system_identifier || '/' || pg_postmaster_start_time() FROM pg_control_system()";

    /** Enough that a node's rooms take few round trips, few enough that each is soon done. */
    private static final int HEADS_AT_ONCE = 500;

    private final Connection connection;
    private final PreparedStatement append;
    private final Life life;
    private final KnownLife used;
    private final String lifeEpoch;
    private final KnownHeads known;
    private final long windowMs;
    private final ServerClock clock;
    private final BiConsumer<RoomId, Head> onNewEpoch;

    Appender(Database database, KnownHeads known, long windowMs, ServerClock clock, BiConsumer<RoomId, Head> onNewEpoch)
            throws SQLException {
        this.clock = clock;
        life = database.life();
        this.known = known;
        this.windowMs = windowMs;
        this.onNewEpoch = onNewEpoch;
        connection = database.connect((opened, epoch) -> checkHeads(opened, epoch, known));
        used = life.known();
        lifeEpoch = used.epoch();
        try {
            append = connection.prepareStatement(APPEND);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Before this connection gives a seq: rooms that are behind what this node saw stored begin a new epoch. Each process of
     * a server is told once, in short transactions.
     */
    private static void checkHeads(Connection connection, String lifeEpoch, KnownHeads known) throws SQLException {
        try (Statement ask = connection.createStatement();
                ResultSet row = ask.executeQuery(PROCESS);
                PreparedStatement behind = connection.prepareStatement(BEHIND);
                PreparedStatement check = connection.prepareStatement(LOCK_HEADS)) {
            row.next();
            String server = row.getString(1) + '/' + lifeEpoch;
            List<Map.Entry<RoomId, Head>> some = known.untold(server, HEADS_AT_ONCE);
            while (!some.isEmpty()) {
                KnownColumns columns = KnownColumns.ofLife(lifeEpoch, some);
                if (columns.isSome()) {
                    KnownColumns suspects = columns.behind(connection, behind);
                    if (suspects.isSome()) {
                        suspects.setIn(connection, check);
                        check.setString(4, lifeEpoch);
                        check.execute();
                    }
                }
                known.told(server, some);
                some = known.untold(server, HEADS_AT_ONCE);
            }
        }
    }

    /** Stores all of them, and completes none; no two have the same room, sender and id. */
    List<Receipt> append(List<Pending> group) throws SQLException {
        life.expect(used);
        int size = group.size();
        String[] rooms = new String[size];
        Integer[] places = new Integer[size];
        Long[] nths = new Long[size];
        Long[] sentTs = new Long[size];
        String[] senders = new String[size];
        @Nullable String[] ids = new @Nullable String[size];
        byte[][] contents = new byte[size][];
        Map<RoomId, Share> shares = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            RoomId room = group.get(i).draft().room();
            Message message = group.get(i).draft().message();
            Share share = shares.computeIfAbsent(room, r -> new Share(shares.size() + 1));
            rooms[i] = room.text();
            places[i] = share.place;
            nths[i] = ++share.count;
            sentTs[i] = message.ts();
            senders[i] = message.sender().text();
            ids[i] = message.id();
            contents[i] = message.content();
        }
        KnownColumns columns = new KnownColumns(lifeEpoch);
        for (RoomId room : shares.keySet()) {
            columns.add(room, known.get(room));
        }
        columns.setIn(connection, append);
        append.setArray(
                4,
                connection.createArrayOf(
                        "int8",
                        shares.values().stream().map(share -> share.count).toArray()));
        append.setArray(5, connection.createArrayOf("text", rooms));
        append.setArray(6, connection.createArrayOf("int4", places));
        append.setArray(7, connection.createArrayOf("int8", nths));
        append.setArray(8, connection.createArrayOf("int8", sentTs));
        append.setArray(9, connection.createArrayOf("text", senders));
        append.setArray(10, connection.createArrayOf("text", ids));
        append.setArray(11, connection.createArrayOf("bytea", contents));
        long askedNs = clock.nowNs();
        setWindow(append, 12, askedNs);
        append.setString(14, lifeEpoch);
        try (ResultSet row = append.executeQuery()) {
            row.next();
            clock.showed(row.getLong(4), askedNs);
            life.committed(row.getLong(3), lifeEpoch);
            return receipts(group, values(row.getArray(1)), values(row.getArray(2)), shares);
        }
    }

    private static Object[] values(Array array) throws SQLException {
        return (Object[]) array.getArray();
    }

    private List<Receipt> receipts(List<Pending> group, Object[] seqs, Object[] epochs, Map<RoomId, Share> shares) {
        List<Receipt> receipts = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            long seq = (Long) seqs[i];
            long at = Math.abs(seq);
            Share share = Objects.requireNonNull(shares.get(group.get(i).draft().room()));
            share.newest = Math.max(share.newest, at);
            receipts.add(new Receipt(at, seq < 0, false, epoch(share, epochs)));
        }
        shares.forEach((room, share) -> {
            Head head = new Head(share.newest, epoch(share, epochs));
            Head before = known.get(room);
            // after a life that is over a room is in another epoch anyway, and its receipts say so
            if (known.saw(room, head) && before != null && Epochs.own(lifeEpoch, before.epoch()) != null) {
                onNewEpoch.accept(room, head);
            }
        });
        return receipts;
    }

    private String epoch(Share share, Object[] epochs) {
        return Epochs.of(lifeEpoch, (String) epochs[share.place - 1]);
    }

    private void setWindow(PreparedStatement statement, int index, long askedNs) throws SQLException {
        statement.setLong(index, windowMs);
        Long expectedMs = clock.expectedMs(askedNs);
        if (expectedMs == null) {
            statement.setNull(index + 1, Types.BIGINT);
        } else {
            statement.setLong(index + 1, expectedMs);
        }
    }

    /** Whether the connection still answers and is of the present life, and the clock still goes as it did. */
    void ping() throws SQLException {
        life.expect(used);
        try (PreparedStatement ask = connection.prepareStatement(PING)) {
            long askedNs = clock.nowNs();
            setWindow(ask, 1, askedNs);
            try (ResultSet row = ask.executeQuery()) {
                row.next();
                clock.showed(row.getLong(2), askedNs);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /** What of a group goes to one room. */
    private static final class Share {
        /** Counted from 1, as SQL does. */
        final int place;

        long count;
        long newest;

        Share(int place) {
            this.place = place;
        }
    }

    /** What is known of some rooms, as the first three arguments of the functions above. */
    private static final class KnownColumns {
        private final String lifeEpoch;
        private final List<String> rooms = new ArrayList<>();
        private final List<Long> seqs = new ArrayList<>();
        private final List<@Nullable String> epochs = new ArrayList<>();

        KnownColumns(String lifeEpoch) {
            this.lifeEpoch = lifeEpoch;
        }

        /** Only what was seen in that life: of another one the server says by itself that it is another. */
        static KnownColumns ofLife(String lifeEpoch, List<Map.Entry<RoomId, Head>> heads) {
            KnownColumns columns = new KnownColumns(lifeEpoch);
            for (Map.Entry<RoomId, Head> each : heads) {
                Head head = each.getValue();
                if (head.seq() > 0 && Epochs.own(lifeEpoch, head.epoch()) != null) {
                    columns.add(each.getKey(), head);
                }
            }
            return columns;
        }

        boolean isSome() {
            return !rooms.isEmpty();
        }

        /** Those of them that the server has not reached. */
        KnownColumns behind(Connection connection, PreparedStatement ask) throws SQLException {
            setIn(connection, ask);
            KnownColumns behind = new KnownColumns(lifeEpoch);
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    int at = rows.getInt(1) - 1;
                    behind.rooms.add(rooms.get(at));
                    behind.seqs.add(seqs.get(at));
                    behind.epochs.add(epochs.get(at));
                }
            }
            return behind;
        }

        void add(RoomId room, @Nullable Head head) {
            rooms.add(room.text());
            seqs.add(head == null ? 0L : head.seq());
            epochs.add(head == null ? null : Epochs.own(lifeEpoch, head.epoch()));
        }

        void setIn(Connection connection, PreparedStatement statement) throws SQLException {
            statement.setArray(1, connection.createArrayOf("text", rooms.toArray()));
            statement.setArray(2, connection.createArrayOf("int8", seqs.toArray()));
            statement.setArray(3, connection.createArrayOf("text", epochs.toArray()));
        }
    }
}
