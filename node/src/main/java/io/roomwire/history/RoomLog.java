package io.roomwire.history;

import io.roomwire.protocol.Head;
import io.roomwire.protocol.Range;
import io.roomwire.protocol.RoomId;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * The truth: each room's messages by seq. What is in here is stored, in one order; everything else is speed.
 *
 * <p>Any thread may call; no call blocks. Stages complete on a thread of the log's choice and fail with
 * {@link LogUnavailableException} when the log cannot say: then the same draft may be appended again with the same id.
 *
 * <p>A log may come to lack what it had acked: a process that ended, a replica that took over, a backup that was put back.
 * Whenever it may, it begins a new epoch in a room before it gives another seq there, so epoch and seq never name two
 * messages. A {@link Head} says behind which seq its epoch began, and where those before it ended, as far as the log knows:
 * with that a member goes on from an epoch that is over. A receipt names the epoch in which its message stands.
 *
 * <p>Not promised: that appends of several callers complete in the order of their seqs. Who needs the order sorts by seq.
 */
public interface RoomLog extends AutoCloseable {
    /** This node begins to use the room: its head is read, and kept from expiring until {@link #close(RoomId)}. */
    CompletionStage<Head> open(RoomId room);

    /** This node no longer uses the room. */
    void close(RoomId room);

    /**
     * Appends one message. The receipt is there when the message is stored.
     *
     * <p>Fails with {@link io.roomwire.protocol.RequestException} {@code too_large} if this log can never take the message,
     * however often it is tried.
     *
     * <p>Drafts of one sender in one room are numbered in the order of the calls, whatever happens to what is behind the log.
     * One that failed has no place in that order.
     */
    CompletionStage<Receipt> append(Draft draft);

    /**
     * Reads a page; what retention has dropped is left out, and told by {@link Page#oldest}. A time in the range stands for
     * the lowest seq whose message is not older. Message times come from the clocks of nodes and may fall a little while
     * seqs grow: then it stands for one of the places where older meets newer.
     */
    CompletionStage<Page> read(RoomId room, Range range);

    /** Where those rooms stand now; rooms that the log does not know, or cannot tell of now, are left out. */
    CompletionStage<Map<RoomId, Head>> heads(Collection<RoomId> rooms);

    @Override
    void close();
}
