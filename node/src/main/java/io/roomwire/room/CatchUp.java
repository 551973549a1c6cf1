package io.roomwire.room;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.RoomId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the heads of all open rooms with the log, some hundred at a time and one batch after the other, so that many
 * rooms make a long look and not a storm.
 *
 * <p>Any thread may call.
 */
final class CatchUp {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);
    private static final int BATCH = 500;

    private final Rooms rooms;
    private final AtomicBoolean running = new AtomicBoolean();

    /** Asked for while a round was running: what that one had passed by may have changed. */
    private final AtomicBoolean again = new AtomicBoolean();

    CatchUp(Rooms rooms) {
        this.rooms = rooms;
    }

    /** Begins a round, or has the one that is running followed by another. */
    void all() {
        again.set(true);
        if (running.compareAndSet(false, true)) {
            again.set(false);
            next(rooms.all().iterator());
        }
    }

    private void next(Iterator<Room> rest) {
        List<Room> batch = new ArrayList<>(BATCH);
        while (rest.hasNext() && batch.size() < BATCH) {
            Room room = rest.next();
            if (!room.isEphemeral()) {
                batch.add(room);
            }
        }
        if (batch.isEmpty()) {
            end();
            return;
        }
        List<RoomId> ids = batch.stream().map(Room::id).toList();
        rooms.log.heads(ids).whenComplete((heads, error) -> {
            if (error == null) {
                compare(batch, heads);
                next(rest);
            } else {
                LOG.debug("heads cannot be compared now, the next round will", error);
                end();
            }
        });
    }

    private static void compare(List<Room> batch, Map<RoomId, Head> heads) {
        for (Room room : batch) {
            Head head = heads.get(room.id());
            if (head != null) {
                room.owner().run(() -> room.compare(head));
            }
        }
    }

    private void end() {
        running.set(false);
        if (again.get()) {
            all();
        }
    }
}
