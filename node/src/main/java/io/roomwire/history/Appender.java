package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
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
    private static final String APPEND =
            "SELECT seqs, epochs, log_place FROM " + Database.SCHEMA + ".append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String LOCK_HEADS = "SELECT " + Database.SCHEMA + ".lock_heads(?, ?, ?, ?)";

    /** Enough that a node's rooms take few round trips, few enough that no statement is large. */
    private static final int HEADS_AT_ONCE = 1000;

    private final Connection connection;
    private final PreparedStatement append;
    private final Life life;
    private final KnownLife used;
    private final String lifeEpoch;
    private final KnownHeads known;
    private final long windowMs;
    private final BiConsumer<RoomId, Head> onNewEpoch;

    Appender(Database database, KnownHeads known, long windowMs, BiConsumer<RoomId, Head> onNewEpoch)
            throws SQLException {
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

    /** Before this connection gives a seq: rooms that are behind what this node saw stored begin a new epoch. */
    private static void checkHeads(Connection connection, String lifeEpoch, KnownHeads known) throws SQLException {
        List<Map.Entry<RoomId, Head>> all = known.all();
        try (PreparedStatement check = connection.prepareStatement(LOCK_HEADS)) {
            for (int from = 0; from < all.size(); from += HEADS_AT_ONCE) {
                KnownColumns columns = new KnownColumns(lifeEpoch);
                for (Map.Entry<RoomId, Head> each : all.subList(from, Math.min(all.size(), from + HEADS_AT_ONCE))) {
                    if (each.getValue().seq() > 0) {
                        columns.add(each.getKey(), each.getValue());
                    }
                }
                columns.setIn(connection, check);
                check.setString(4, lifeEpoch);
                check.execute();
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
        append.setLong(12, windowMs);
        append.setString(13, lifeEpoch);
        try (ResultSet row = append.executeQuery()) {
            row.next();
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
            if (known.saw(room, head)) {
                onNewEpoch.accept(room, head);
            }
        });
        return receipts;
    }

    private String epoch(Share share, Object[] epochs) {
        return Epochs.of(lifeEpoch, (String) epochs[share.place - 1]);
    }

    /** Whether the connection still answers, and is of the present life. */
    void ping() throws SQLException {
        life.expect(used);
        try (PreparedStatement ask = connection.prepareStatement("SELECT 1")) {
            ask.execute();
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
