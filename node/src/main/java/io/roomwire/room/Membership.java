package io.roomwire.room;

import io.roomwire.connection.Connection;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/** One connection in one room. */
public final class Membership {
    private final RoomId room;
    private final Connection connection;
    private final UserId user;
    private final boolean watches;

    /** Where it stands in {@link LoopMembers}; the connection's loop has it. */
    int slot;

    /** The members it stands among; null while it is not, or no longer, among them. The connection's loop has it. */
    @Nullable
    LoopMembers among;

    /** The room's owner has it. */
    Stage stage = Stage.NEW;

    /** Whether the room and presence count it: from the first attach on, also while it resumes again. The owner has it. */
    boolean counted;

    enum Stage {
        /** The room does not know it yet. */
        NEW,
        /** It gets what it missed. */
        RESUMING,
        MEMBER,
        LEFT
    }

    /** @param watches also gets member events */
    public Membership(RoomId room, Connection connection, UserId user, boolean watches) {
        this.room = room;
        this.connection = connection;
        this.user = user;
        this.watches = watches;
    }

    /** Any thread may call. */
    public RoomId room() {
        return room;
    }

    Connection connection() {
        return connection;
    }

    /** Any thread may call. */
    public UserId user() {
        return user;
    }

    /** Whether it gets member events. */
    boolean watches() {
        return watches;
    }
}
