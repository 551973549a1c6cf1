package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.roomwire.config.Config.Overflow;
import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Frames;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopMembersTest {
    private final OneLoop one = new OneLoop();
    private final List<OneLoop.Socket> sockets = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        one.run(() -> {
            for (OneLoop.Socket socket : sockets) {
                socket.full = false;
                socket.finishAndReleaseAll();
            }
        });
        one.close();
    }

    private OneLoop.Socket socket() {
        OneLoop.Socket socket = new OneLoop.Socket();
        sockets.add(socket);
        return socket;
    }

    private static List<String> got(OneLoop.Socket socket) {
        return OneLoop.contents(Frames.texts(socket.written()));
    }

    @Test
    void whatWaitsForAWalkIsOneWriteAMember() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket socket = socket();
            members.add(one.member(socket));
            members.enqueue(one.frame("a"), null);
            members.enqueue(one.frame("b"), null);

            assertThat(OneLoop.walkAll(members, 10))
                    .as("two frames for one member")
                    .isEqualTo(2);

            assertThat(socket.outboundMessages()).hasSize(1);
            assertThat(got(socket)).containsExactly("a", "b");
        });
    }

    @Test
    void joinedFramesStayBelow64Kilobytes() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket socket = socket();
            members.add(one.member(socket));
            String large = "x".repeat(30_000);
            for (int i = 0; i < 5; i++) {
                members.enqueue(one.frame(i + large), null);
            }
            OneLoop.walkAll(members, 10);

            assertThat(socket.outboundMessages())
                    .hasSize(3)
                    .allMatch(each -> ((ByteBuf) each).readableBytes() <= 64 * 1024);
            assertThat(got(socket)).extracting(each -> each.charAt(0)).containsExactly('0', '1', '2', '3', '4');
        });
    }

    @Test
    void aFrameLargerThanThatGoesAlone() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket socket = socket();
            members.add(one.member(socket));
            members.enqueue(one.frame("a"), null);
            members.enqueue(one.frame("x".repeat(200_000)), null);
            members.enqueue(one.frame("b"), null);
            OneLoop.walkAll(members, 10);

            assertThat(got(socket)).extracting(String::length).containsExactly(1, 200_000, 1);
        });
    }

    @Test
    void whoJoinsWhileAFrameWaitsDoesNotGetIt() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket before = socket();
            OneLoop.Socket after = socket();
            members.add(one.member(before));
            members.enqueue(one.frame("a"), null);
            members.add(one.member(after));
            members.enqueue(one.frame("b"), null);
            OneLoop.walkAll(members, 1);

            assertThat(got(before)).containsExactly("a", "b");
            assertThat(got(after)).containsExactly("b");
        });
    }

    @Test
    void whoLeavesBehindTheWalkMakesNobodyBeLeftOut() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            List<OneLoop.Socket> all = List.of(socket(), socket(), socket(), socket());
            List<Membership> there = new ArrayList<>();
            for (OneLoop.Socket socket : all) {
                Membership member = one.member(socket);
                there.add(member);
                members.add(member);
            }
            members.enqueue(one.frame("a"), null);
            assertThat(members.walk(2)).as("half way").isNull();
            members.remove(there.get(0));
            members.remove(there.get(2));
            OneLoop.walkAll(members, 1);
            members.enqueue(one.frame("b"), null);
            OneLoop.walkAll(members, 1);

            assertThat(got(all.get(0))).containsExactly("a");
            assertThat(got(all.get(1))).containsExactly("a", "b");
            assertThat(got(all.get(2))).isEmpty();
            assertThat(got(all.get(3))).containsExactly("a", "b");
        });
    }

    @Test
    void whoIsClosedByItsOwnWriteMayLeaveWithinTheWalk() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket slow = socket();
            OneLoop.Socket fast = socket();
            Membership closes = one.member(slow, "slow", false, false, 100);
            closes.connection().start(() -> members.remove(closes));
            members.add(closes);
            members.add(one.member(fast));
            slow.full = true;
            for (String text : List.of("a", "b", "c")) {
                members.enqueue(one.frame(text), null);
                OneLoop.walkAll(members, 1);
            }

            assertThat(closes.connection().isClosing()).isTrue();
            assertThat(got(fast)).containsExactly("a", "b", "c");
            slow.full = false;
            slow.flush();
            List<String> texts = closeAndTexts(slow);
            assertThat(OneLoop.contents(texts)).containsExactly("a");
        });
    }

    /** What came before the close frame, which has to be the last one and of code 4002. */
    private static List<String> closeAndTexts(OneLoop.Socket socket) {
        ByteBuf all = socket.written();
        int close = all.indexOf(0, all.writerIndex(), (byte) 0x88);
        assertThat(close).isPositive();
        assertThat(all.getUnsignedShort(close + 2)).isEqualTo(4002);
        assertThat(all.writerIndex()).isEqualTo(close + 2 + all.getUnsignedByte(close + 1));
        return Frames.texts(all.writerIndex(close));
    }

    @Test
    void aSlowMemberOfAnEphemeralRoomMissesFramesAndStays() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members(Overflow.DROP);
            OneLoop.Socket slow = socket();
            Membership member = one.member(slow, "slow", false, false, 100);
            members.add(member);
            slow.full = true;
            members.enqueue(one.frame("a"), null);
            OneLoop.walkAll(members, 1);
            members.enqueue(one.frame("b"), null);
            members.enqueue(one.frame("c"), null);

            Batch ended = members.walk(1);
            assertThat(ended).isNotNull();
            assertThat(ended.dropped).isEqualTo(2);
            assertThat(ended.written).isZero();
            ended.release();
            slow.full = false;
            slow.flush();
            members.enqueue(one.frame("d"), null);
            OneLoop.walkAll(members, 1);

            assertThat(member.connection().isClosing()).isFalse();
            assertThat(got(slow)).containsExactly("a", "d");
        });
    }

    @Test
    void memberEventsGoToWatchersButNotToTheUserTheyTellOf() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket watcher = socket();
            OneLoop.Socket herself = socket();
            OneLoop.Socket other = socket();
            members.add(one.member(watcher, "bob", true, false, 1 << 20));
            members.add(one.member(herself, "alice", true, false, 1 << 20));
            members.add(one.member(other, "carol", false, false, 1 << 20));
            members.enqueue(one.frame("before"), null);
            members.enqueue(one.frame("alice came"), new UserId("alice"));
            members.enqueue(one.frame("behind"), null);
            OneLoop.walkAll(members, 1);

            assertThat(got(watcher)).containsExactly("before", "alice came", "behind");
            assertThat(got(herself)).containsExactly("before", "behind");
            assertThat(got(other)).containsExactly("before", "behind");
        });
    }

    @Test
    void aFrameIsGivenBackOnlyWhenTheSlowestHasIt() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            OneLoop.Socket slow = socket();
            members.add(one.member(slow));
            slow.full = true;
            Frame frame = one.frame("a");
            ByteBuf bytes = frame.plain();
            members.enqueue(frame, null);
            OneLoop.walkAll(members, 1);

            assertThat(bytes.refCnt()).as("waits in the backlog").isEqualTo(1);
            slow.full = false;
            slow.flush();
            assertThat(got(slow)).containsExactly("a");
            assertThat(bytes.refCnt()).isZero();
        });
    }

    @Test
    void aRoomWithoutMembersGivesItsFramesBack() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            Frame frame = one.frame("a");
            assertThat(members.enqueue(frame, null)).isTrue();

            assertThat(OneLoop.walkAll(members, 1)).isZero();
            assertThat(frame.refCnt()).isZero();
        });
    }

    @Test
    void whoIsNotAmongThemIsNotTakenOut() throws Exception {
        one.run(() -> {
            LoopMembers here = one.members();
            LoopMembers there = one.members();
            OneLoop.Socket socket = socket();
            Membership member = one.member(socket);
            here.add(member);

            there.remove(member);
            here.enqueue(one.frame("a"), null);
            OneLoop.walkAll(here, 1);

            assertThat(got(socket)).containsExactly("a");
        });
    }

    @Test
    void allAreSentAwayWhenTheLogBeganAnew() throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            List<Membership> there = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                Membership member = one.member(socket());
                member.connection().start(() -> members.remove(member));
                there.add(member);
                members.add(member);
            }

            members.closeAll();

            assertThat(there).allMatch(member -> member.connection().isClosing());
            for (OneLoop.Socket socket : sockets) {
                ByteBuf close = socket.readOutbound();
                assertThat(close.getUnsignedShort(2)).isEqualTo(4004);
                close.release();
            }
        });
    }
}
