package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config;
import io.roomwire.config.Config.Limits;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Loop;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import org.jspecify.annotations.Nullable;

/**
 * Who is in one room, over all loops: the stages and counts of the members, and the way of a frame to the loops that have
 * some.
 *
 * <p>Belongs to the room's owner; each loop has the array of its own members, see {@link LoopMembers}.
 */
final class RoomMembers {
    private final RoomId room;
    private final Loop owner;
    private final Rooms rooms;
    private final Overflow overflow;

    /** 0: no limit. */
    private final int limit;

    /** By loop; made when the first member of the loop comes. */
    private final @Nullable LoopMembers[] byLoop;

    /** Written by the owner, read by any thread. */
    private volatile int count;

    /** They may not be counted yet, but the room has to stay open for them. */
    private int resuming;

    /** Those of them that are not counted yet, and will be. */
    private int newcomers;

    private int deflatingCount;
    private int watchingCount;

    RoomMembers(RoomId room, Loop owner, int loops, boolean ephemeral, Rooms rooms) {
        this.room = room;
        this.owner = owner;
        this.rooms = rooms;
        Config config = rooms.config;
        overflow = ephemeral ? config.backlog().ephemeral() : Overflow.CLOSE;
        limit = room.isPersonal() ? 0 : config.limits().membersPerRoom();
        byLoop = new LoopMembers[loops];
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
        return !member.counted && Limits.reached(limit, count + newcomers);
    }

    /** The new membership counts in place of the old one, which gets no more frames: what is missed comes anew. */
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
        assert owner.inLoop();
        move(member, Membership.Stage.RESUMING);
    }

    private void move(Membership member, Membership.Stage to) {
        resume(member, -1);
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
        assert owner.inLoop();
        move(member, Membership.Stage.MEMBER);
        if (!member.counted) {
            count(member, 1);
            if (!room.isPersonal()) {
                rooms.presence.joined(room, member.user());
            }
        }
        Loop loop = member.connection().loop();
        LoopMembers there = byLoop[loop.index()];
        if (there == null) {
            there = new LoopMembers(overflow);
            byLoop[loop.index()] = there;
        }
        there.count++;
        LoopMembers target = there;
        loop.run(() -> {
            if (first != null) {
                member.connection().send(first);
            }
            target.add(member);
        });
    }

    /**
     * The member leaves; a join that is under way ends.
     *
     * @param farewell sent when no more frames of the room will come, or null
     */
    void remove(Membership member, @Nullable ByteBuf farewell) {
        assert owner.inLoop();
        boolean was = member.stage == Membership.Stage.MEMBER;
        move(member, Membership.Stage.LEFT);
        if (was) {
            takeOut(member, farewell);
        } else if (farewell != null) {
            member.connection().send(farewell);
        }
        if (member.counted) {
            count(member, -1);
            if (!room.isPersonal()) {
                rooms.presence.left(room, member.user());
            }
        }
    }

    private void takeOut(Membership member, @Nullable ByteBuf farewell) {
        Loop loop = member.connection().loop();
        LoopMembers there = byLoop[loop.index()];
        if (there == null) {
            throw new IllegalStateException("a member of no loop in " + room);
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
        assert owner.inLoop();
        if (deflatingCount > 0) {
            frame.deflate(owner.deflate());
        }
        int loops = byLoop.length;
        for (int i = 0; i < loops; i++) {
            LoopMembers there = byLoop[i];
            if (there != null && there.count > 0) {
                frame.retain();
                FanOut fanOut = rooms.fanOut(i);
                fanOut.loop().run(() -> fanOut.add(there, frame, about));
            }
        }
        frame.release();
    }

    /** Sends every member away, to come back at once and resume. */
    void closeAll() {
        assert owner.inLoop();
        for (int i = 0; i < byLoop.length; i++) {
            LoopMembers there = byLoop[i];
            if (there != null) {
                rooms.fanOut(i).loop().run(there::closeAll);
            }
        }
    }
}
