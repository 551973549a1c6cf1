package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Frames of one room that wait for one walk over its members on one loop: each member gets all of them by one write.
 *
 * <p>Belongs to the loop. Takes frames until it is {@linkplain #seal sealed}.
 */
final class Batch {
    /** Joining copies; beyond this a copy costs more than the system call that it saves. */
    private static final int MAX_BYTES = 64 * 1024;

    private final List<Frame> frames = new ArrayList<>(2);
    private final @Nullable UserId about;
    private int bytes;
    private boolean sealed;
    private @Nullable ByteBuf plain;
    private @Nullable ByteBuf deflated;

    /** Members from here on came later: their frames are in later batches. */
    int end;

    /** The next member to write to. */
    int at;

    /** How many got it, and how many did not. */
    int written;

    int dropped;

    /** @param about whom the frames tell of; null: they are messages, for every member */
    Batch(@Nullable UserId about) {
        this.about = about;
    }

    /** Takes the frame over if it belongs to this batch. */
    boolean take(Frame frame, @Nullable UserId aboutUser) {
        boolean fits = frames.isEmpty() || (!sealed && bytes + frame.plain().readableBytes() <= MAX_BYTES);
        if (!fits || !Objects.equals(about, aboutUser)) {
            return false;
        }
        frames.add(frame);
        bytes += frame.plain().readableBytes();
        return true;
    }

    /** No more frames; it is for the first {@code members} members. */
    void seal(int members) {
        if (!sealed) {
            sealed = true;
            end = members;
        }
    }

    /** Member events go to who asked for them, and not to the user that they tell of. */
    boolean isFor(Membership member) {
        return about == null || (member.watches() && !member.user().equals(about));
    }

    /** All frames in one buffer, which stays this batch's. */
    ByteBuf bytesFor(Membership member) {
        boolean wantsDeflated = member.connection().deflates();
        ByteBuf joined = wantsDeflated ? deflated : plain;
        if (joined == null) {
            joined = join(wantsDeflated);
            if (wantsDeflated) {
                deflated = joined;
            } else {
                plain = joined;
            }
        }
        return joined;
    }

    private ByteBuf join(boolean wantsDeflated) {
        Frame first = frames.get(0);
        if (frames.size() == 1) {
            return (wantsDeflated ? first.deflated() : first.plain()).retain();
        }
        ByteBuf joined = first.plain().alloc().directBuffer(bytes);
        for (Frame frame : frames) {
            ByteBuf form = wantsDeflated ? frame.deflated() : frame.plain();
            joined.writeBytes(form, form.readerIndex(), form.readableBytes());
        }
        return joined;
    }

    List<Frame> frames() {
        return frames;
    }

    void release() {
        frames.forEach(Frame::release);
        if (plain != null) {
            plain.release();
        }
        if (deflated != null) {
            deflated.release();
        }
    }
}
