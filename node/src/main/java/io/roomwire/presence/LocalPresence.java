package io.roomwire.presence;

import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Presence of one node alone, in memory. A room's own map is touched only inside of the outer map's compute. */
public final class LocalPresence implements Presence {
    private final ConcurrentHashMap<RoomId, Map<UserId, Integer>> rooms = new ConcurrentHashMap<>();

    private @Nullable Watcher watcher;

    @Override
    public void start(Watcher watcher) {
        this.watcher = watcher;
    }

    @Override
    public void joined(RoomId room, UserId user) {
        boolean[] first = new boolean[1];
        rooms.compute(room, (id, users) -> {
            Map<UserId, Integer> members = users == null ? new HashMap<>(2) : users;
            first[0] = members.merge(user, 1, Integer::sum) == 1;
            return members;
        });
        if (first[0] && watcher != null) {
            watcher.onJoined(room, user);
        }
    }

    @Override
    public void left(RoomId room, UserId user) {
        boolean[] last = new boolean[1];
        rooms.computeIfPresent(room, (id, members) -> {
            last[0] = members.containsKey(user)
                    && members.computeIfPresent(user, (u, count) -> count == 1 ? null : count - 1) == null;
            return members.isEmpty() ? null : members;
        });
        if (last[0] && watcher != null) {
            watcher.onLeft(room, user);
        }
    }

    @Override
    public CompletionStage<Roster> roster(RoomId room, int limit) {
        Map<UserId, Integer> listed = new LinkedHashMap<>();
        int[] count = new int[1];
        rooms.computeIfPresent(room, (id, members) -> {
            count[0] = members.size();
            members.entrySet().stream().limit(limit).forEach(e -> listed.put(e.getKey(), e.getValue()));
            return members;
        });
        return CompletableFuture.completedFuture(new Roster(count[0], listed));
    }

    @Override
    public void close() {
        rooms.clear();
    }
}
