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
    private static final String HEADS =
            "SELECT room, seq, epoch FROM " + Database.SCHEMA + ".room_head WHERE room = ANY (?)";

    private final Readers readers;
    private final Database database;
    private final KnownHeads known;
    private Map<RoomId, CompletableFuture<Head>> opening = new HashMap<>(); // guarded by this

    HeadReader(Readers readers, Database database, KnownHeads known) {
        this.readers = readers;
        this.database = database;
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
                    return query(connection, asked.join().keySet());
                },
                answer);
        return head;
    }

    CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms) {
        List<RoomId> asked = List.copyOf(rooms);
        CompletableFuture<Map<RoomId, Head>> answer = new CompletableFuture<>();
        readers.ask(connection -> query(connection, asked), answer);
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
                future.complete(
                        heads.getOrDefault(room, new Head(0, database.life().epoch())));
            } else {
                future.completeExceptionally(failure);
            }
        });
    }

    private Map<RoomId, Head> query(Connection connection, Collection<RoomId> rooms) throws SQLException {
        String[] names = rooms.stream().map(RoomId::text).toArray(String[]::new);
        Map<RoomId, Head> heads = new HashMap<>();
        try (PreparedStatement ask = connection.prepareStatement(HEADS)) {
            ask.setArray(1, connection.createArrayOf("text", names));
            try (ResultSet rows = ask.executeQuery()) {
                while (rows.next()) {
                    RoomId room = new RoomId(rows.getString(1));
                    Head head =
                            new Head(rows.getLong(2), Epochs.of(database.life().epoch(), rows.getString(3)));
                    known.saw(room, head);
                    heads.put(room, head);
                }
            }
        }
        return heads;
    }
}
