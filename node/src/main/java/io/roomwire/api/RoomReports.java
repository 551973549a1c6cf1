package io.roomwire.api;

import io.roomwire.presence.Presence;
import io.roomwire.presence.Roster;
import io.roomwire.protocol.RoomId;
import io.roomwire.room.Rooms;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What is told of rooms by the server API. Any thread may call; no call blocks. */
final class RoomReports {
    /** Rooms that are listed: a page of a screen. */
    private static final int LARGEST = 20;

    private final Rooms rooms;
    private final Presence presence;

    RoomReports(Rooms rooms, Presence presence) {
        this.rooms = rooms;
        this.presence = presence;
    }

    /** The rooms that have most connections of this node, most first. */
    Map<String, Object> largest() {
        List<Map<String, Object>> listed = new ArrayList<>();
        for (Rooms.Size size : rooms.largest(LARGEST)) {
            Map<String, Object> room = new LinkedHashMap<>();
            room.put(ApiFields.ROOM, size.room().text());
            room.put("connections", size.connections());
            listed.add(room);
        }
        return Map.of("rooms", listed);
    }

    /** Who is in the room, on all nodes; fails as {@link Presence#roster} where that cannot be told. */
    CompletionStage<Map<String, Object>> members(RoomId room) {
        return presence.roster(room, Roster.MOST).thenApply(roster -> {
            List<Map<String, Object>> members = new ArrayList<>();
            roster.members()
                    .forEach((user, connections) ->
                            members.add(Map.of(ApiFields.USER, user.text(), "connections", connections)));
            Map<String, Object> report = new LinkedHashMap<>();
            report.put(ApiFields.ROOM, room.text());
            report.put("count", roster.count());
            report.put("members", members);
            return report;
        });
    }
}
