package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import java.util.List;

/**
 * A page of a room's log.
 *
 * @param messages oldest first, without holes
 * @param oldest the oldest seq that the log still holds; {@code head.seq() + 1} if it holds none
 * @param head where the log stood at that moment
 * @param cut whether it ended early, since its contents would have been more bytes than were asked for
 */
public record Page(List<Message> messages, long oldest, Head head, boolean cut) {
    /** As many messages as were asked for, or all that there are. */
    public Page(List<Message> messages, long oldest, Head head) {
        this(messages, oldest, head, false);
    }
}
