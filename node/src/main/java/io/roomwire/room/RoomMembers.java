package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config.Limits;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Loop;
import io.roomwire.connection.PageTurns;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/**
 * Who is in one room, over all loops: the stages and counts of the members, and the way of a frame to the loops that have
 * some.
 *
 * <p>Belongs to the room's owner; each loop has the array of its own members, see {@link LoopMembers}.
 */
final class RoomMembers {
    private final Room room;

    /** The members on one loop, with a link to those on the next loop; null until the first member comes. */
    private @Nullable LoopMembers loops;

    /** Written by the owner, read by any thread. */
    private volatile int count;

    /** They may not be counted yet, but the room has to stay open for them. */
    private int resuming;

    /** Those of them that are not counted yet, and will be. */
    private int newcomers;

    private int deflatingCount;
    private int watchingCount;

    RoomMembers(Room room) {
        this.room = room;
    }

    /** Connections that are members. Any thread may call. */
    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0 && resuming == 0;
    }

    /** Whether somebody gets member events. */
    boolean isWatched() {
        return watchingCount > 0;
    }

    /** Whether it is too many for {@code limits.members-per-room}; one that is counted already never is. */
    boolean isTooMany(Membership member) {
        int limit = room.rooms().config.limits().membersPerRoom();
        return !member.counted && !room.id().isPersonal() && Limits.reached(limit, count + newcomers);
    }

    /** The new membership counts in place of the old one, which gets no more frames: what is missed comes again. */
    void replace(Membership old, Membership member) {
        if (old.stage == Membership.Stage.MEMBER) {
            takeOut(old, null);
        }
        move(old, Membership.Stage.LEFT);
        if (old.counted) {
            count(old, -1);
            count(member, 1);
        }
    }

    /** The member is about to get what it missed; {@link #add} or {@link #remove} ends that. */
    void expect(Membership member) {
        assert room.owner().inLoop();
        move(member, Membership.Stage.RESUMING);
    }

    private void move(Membership member, Membership.Stage to) {
        resume(member, -1);
        if (member.stage == Membership.Stage.RESUMING && to == Membership.Stage.LEFT) {
            Loop loop = member.connection().loop();
            loop.run(() -> room.rooms().turns(loop).cancel(member.connection(), member));
        }
        member.stage = to;
        resume(member, 1);
    }

    private void resume(Membership member, int by) {
        if (member.stage == Membership.Stage.RESUMING) {
            resuming += by;
            newcomers += member.counted ? 0 : by;
        }
    }

    /**
     * From here on the member gets live frames.
     *
     * @param first sent right before them, or null
     */
    void add(Membership member, @Nullable ByteBuf first) {
        add(member, first, null);
    }

    /** @param turn whose page {@code first} is, or null */
    void add(Membership member, @Nullable ByteBuf first, PageTurns.@Nullable Taker turn) {
        assert room.owner().inLoop();
        move(member, Membership.Stage.MEMBER);
        if (!member.counted) {
            count(member, 1);
            if (!room.id().isPersonal()) {
                room.rooms().presence.joined(room.id(), member.user());
            }
        }
        Loop loop = member.connection().loop();
        LoopMembers found = on(loop);
        LoopMembers there = found == null ? begin(loop) : found;
        there.count++;
        loop.run(() -> {
            if (first != null && turn != null) {
                room.rooms().turns(loop).write(member.connection(), turn, first);
            } else if (first != null) {
                member.connection().send(first);
            }
            there.add(member);
        });
    }

    /**
     * The member leaves; a join that is under way ends.
     *
     * @param farewell sent when no more frames of the room will come, or null
     */
    void remove(Membership member, @Nullable ByteBuf farewell) {
        assert room.owner().inLoop();
        boolean was = member.stage == Membership.Stage.MEMBER;
        move(member, Membership.Stage.LEFT);
        if (was) {
            takeOut(member, farewell);
        } else if (farewell != null) {
            member.connection().send(farewell);
        }
        if (member.counted) {
            count(member, -1);
            if (!room.id().isPersonal()) {
                room.rooms().presence.left(room.id(), member.user());
            }
        }
    }

    /** The members on that loop; null if there never were any. */
    private @Nullable LoopMembers on(Loop loop) {
        LoopMembers there = loops;
        while (there != null && there.fanOut.loop() != loop) {
            there = there.next;
        }
        return there;
    }

    private LoopMembers begin(Loop loop) {
        Rooms rooms = room.rooms();
        Overflow overflow = room.isEphemeral() ? rooms.config.backlog().ephemeral() : Overflow.CLOSE;
        LoopMembers there = new LoopMembers(rooms.fanOut(loop.index()), overflow, loops);
        loops = there;
        return there;
    }

    private void takeOut(Membership member, @Nullable ByteBuf farewell) {
        Loop loop = member.connection().loop();
        LoopMembers there = on(loop);
        if (there == null) {
            throw new IllegalStateException("a member of no loop in " + room.id());
        }
        there.count--;
        loop.run(() -> {
            there.remove(member);
            if (farewell != null) {
                member.connection().send(farewell);
            }
        });
    }

    private void count(Membership member, int by) {
        member.counted = by > 0;
        int changed = count + by;
        count = changed; // the owner alone writes it
        deflatingCount += member.connection().deflates() ? by : 0;
        watchingCount += member.watches() ? by : 0;
    }

    /**
     * Hands a frame, owned by this call, to every loop that has members.
     *
     * @param about see {@link Batch}
     */
    void deliver(Frame frame, @Nullable UserId about) {
        assert room.owner().inLoop();
        if (deflatingCount > 0) {
            frame.deflate(room.owner().deflate());
        }
        for (LoopMembers each = loops; each != null; each = each.next) {
            LoopMembers there = each;
            if (there.count > 0) {
                frame.retain();
                there.fanOut.loop().run(() -> there.fanOut.add(there, frame, about));
            }
        }
        frame.release();
    }

    /** Sends every member away, to come back at once and resume. */
    void closeAll() {
        assert room.owner().inLoop();
        for (LoopMembers there = loops; there != null; there = there.next) {
            there.fanOut.loop().run(there::closeAll);
        }
    }
}
