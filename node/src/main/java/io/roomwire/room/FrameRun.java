package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.history.Page;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RoomId;
import java.util.Arrays;

/**
 * Messages of one room with seqs in a row, encoded as clients get them, one behind the other.
 *
 * <p>Belongs to the room's owner. It only grows, so whoever reads from it goes on where it was.
 */
final class FrameRun {
    /** What is left out of a page of large messages is read again. */
    private static final int MOST_BYTES = 1 << 20;

    private final long first;

    /** Nothing before this seq can be had any more. */
    private final long oldest;

    private byte[] bytes;

    /** By seq from {@link #first} on: where the frame ends. */
    private int[] ends;

    private int count;

    private FrameRun(long first, long oldest, int messages, int bytes) {
        this.first = first;
        this.oldest = oldest;
        this.ends = new int[messages];
        this.bytes = new byte[bytes];
    }

    /**
     * The beginning of the page, as much as is worth to be held.
     *
     * @param after where the page was to begin; what retention has dropped behind it is left out
     */
    static FrameRun of(RoomId room, long after, Page page, FrameWriter writer) {
        long estimate = 0;
        for (Message message : page.messages()) {
            estimate += 2L * message.content().length;
        }
        long first = Math.max(after + 1, page.oldest());
        FrameRun run = new FrameRun(first, page.oldest(), page.messages().size(), (int) Math.min(MOST_BYTES, estimate));
        for (Message message : page.messages()) {
            Frame frame = writer.message(room, message, 0);
            boolean fits = run.count == 0 || run.bytes() + frame.plain().readableBytes() <= MOST_BYTES;
            if (fits) {
                run.add(message.seq(), frame);
            }
            frame.release();
            if (!fits) {
                break;
            }
        }
        return run;
    }

    /** Copies the frame, which stays the caller's, if it is the next in the row. */
    void add(long seq, Frame frame) {
        if (seq != first + count) {
            return;
        }
        ByteBuf plain = frame.plain();
        int from = bytes();
        int to = from + plain.readableBytes();
        if (to > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(to, bytes.length * 2));
        }
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, Math.max(8, count * 2));
        }
        plain.getBytes(plain.readerIndex(), bytes, from, to - from);
        ends[count++] = to;
    }

    long oldest() {
        return oldest;
    }

    /** The seq of the last message; the one before the first if there is none. */
    long last() {
        return first + count - 1;
    }

    /** Whether the message with that seq is in here. */
    boolean has(long seq) {
        return seq >= first && seq <= last();
    }

    int bytes() {
        return count == 0 ? 0 : ends[count - 1];
    }

    /**
     * Writes the messages behind {@code after}, of which the next is in here, up to {@code upTo}; no more than fits into
     * that many bytes, but one at least.
     *
     * @return the seq of the last that was written
     */
    long write(long after, long upTo, int mostBytes, ByteBuf to) {
        int begin = (int) (after + 1 - first);
        int from = begin == 0 ? 0 : ends[begin - 1];
        int stop = (int) (Math.min(upTo, last()) + 1 - first);
        int end = begin + 1;
        while (end < stop && ends[end] - from <= mostBytes) {
            end++;
        }
        to.writeBytes(bytes, from, ends[end - 1] - from);
        return first + end - 1;
    }
}
