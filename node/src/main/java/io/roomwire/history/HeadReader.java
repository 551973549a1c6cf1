package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads heads; those of rooms that are opened at the same time in one query. Any thread may call. */
final class HeadReader {
    private static final String HEADS = "SELECT " + HeadRow.COLUMNS + ", r.room FROM " + Database.SCHEMA
            + ".life l CROSS JOIN unnest(?) r (room) LEFT JOIN " + HeadRow.of("r.room") + " ON true WHERE l.one";

    private final Readers readers;
    private final Life life;
    private final KnownHeads known;
    private Map<RoomId, CompletableFuture<Head>> opening = new HashMap<>(); // guarded by this

    HeadReader(Readers readers, Life life, KnownHeads known) {
        this.readers = readers;
        this.life = life;
        this.known = known;
    }

    /** The room's head; of a room that is not there yet the one that it will begin with. */
    CompletionStage<Head> open(RoomId room) {
        CompletableFuture<Head> head;
        synchronized (this) {
            boolean first = opening.isEmpty();
            head = opening.computeIfAbsent(room, r -> new CompletableFuture<>());
            if (!first) {
                return head;
            }
        }
        CompletableFuture<Map<RoomId, Head>> answer = new CompletableFuture<>();
        CompletableFuture<Map<RoomId, CompletableFuture<Head>>> asked = new CompletableFuture<>();
        answer.whenComplete((heads, failure) ->
                complete(asked.isDone() ? asked.join() : takeOpening(), heads, failure)); // not begun: all that wait
        readers.ask(
                connection -> {
                    if (!asked.isDone()) { // a question that is asked again is about the same rooms
                        asked.complete(takeOpening());
                    }
                    return query(connection, asked.join().keySet(), true);
                },
                answer);
        return head;
    }

    CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        List<RoomId> asked = List.copyOf(rooms);
        CompletableFuture<Map<RoomId, Head>> answer = new CompletableFuture<>();
        readers.ask(connection -> query(connection, asked, false), answer);
        return answer;
    }

    private synchronized Map<RoomId, CompletableFuture<Head>> takeOpening() {
        Map<RoomId, CompletableFuture<Head>> taken = opening;
        opening = new HashMap<>();
        return taken;
    }

    private void complete(Map<RoomId, CompletableFuture<Head>> rooms, Map<RoomId, Head> heads, Throwable failure) {
        rooms.forEach((room, future) -> {
            if (failure == null) {
                future.complete(heads.get(room));
            } else {
                future.completeExceptionally(failure);
            }
        });
    }

    /** @param all whether rooms that are not there yet are told too, as they will begin */
    private Map<RoomId, Head> query(Connection connection, Collection<RoomId> rooms, boolean all) throws SQLException {
        String[] names = rooms.stream().map(RoomId::text).toArray(String[]::new);
        Map<RoomId, Head> heads = new HashMap<>();
        try (PreparedStatement ask = connection.prepareStatement(HEADS)) {
            ask.setArray(1, connection.createArrayOf("text", names));
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    boolean isThere = HeadRow.isThere(rows);
                    if (isThere || all) {
                        RoomId room = new RoomId(rows.getString(HeadRow.WIDTH + 1));
                        Head head = HeadRow.read(rows, life);
                        heads.put(room, head);
                        if (isThere) {
                            known.saw(room, head);
                        }
                    }
                }
            }
        }
        return heads;
    }
}
