package io.roomwire.history;

import io.netty.buffer.ByteBufUtil;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;

/** What is taken up in Redis or PostgreSQL by what a user has stored, in bytes: not less than it is, and not much more. */
public final class StoredSize {
    /** A row with its two entries in indexes; or an entry of a stream, and the key for the message's id. */
    private static final int ENTRY = 300;

    /** Redis makes a page of 4 KiB for each stream at first, and another key beside it. */
    private static final int ROOM = 6144;

    private StoredSize() {}

    /** A message in a room. The room's id is in the row and in both indexes, the others are in the row and in one. */
    public static long of(RoomId room, Message message) {
        String id = message.id();
        return (long) ENTRY
                + message.content().length * 3L / 2 // pages that do not come out even: three of 2 KB in 8 KiB
                + 3L * ByteBufUtil.utf8Bytes(room.text())
                + 2L * ByteBufUtil.utf8Bytes(message.sender().text())
                + (id == null ? 0 : 2L * ByteBufUtil.utf8Bytes(id));
    }

    /** A room that has come to be, beside its messages. */
    public static long of(RoomId room) {
        return (long) ROOM + 3L * ByteBufUtil.utf8Bytes(room.text());
    }
}
