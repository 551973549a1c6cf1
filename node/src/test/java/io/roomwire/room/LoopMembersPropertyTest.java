package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.protocol.Frame;
import io.roomwire.protocol.Frames;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterProperty;

class LoopMembersPropertyTest {
    private final OneLoop one = new OneLoop();

    @AfterProperty
    void close() {
        one.close();
    }

    /** A member, and the frames that came while it was there. */
    private static final class Guest {
        final OneLoop.Socket socket = new OneLoop.Socket();
        final Membership member;
        final List<String> due = new ArrayList<>();

        Guest(OneLoop one, String user, boolean watches, boolean deflates) {
            member = one.member(socket, user, watches, deflates, 1 << 20);
        }

        List<String> got(OneLoop one) throws Exception {
            return member.connection().deflates() ? inflated(one) : Frames.texts(socket.written());
        }

        private List<String> inflated(OneLoop one) throws Exception {
            return DeflatedFrames.texts(socket.written(), one.loop.deflate());
        }
    }

    @Property(tries = 300)
    void aWalkInSlicesNeitherMissesNorRepeatsWhileMembersComeAndGo(@ForAll Random random) throws Exception {
        one.run(() -> {
            LoopMembers members = one.members();
            List<Guest> present = new ArrayList<>();
            List<Guest> gone = new ArrayList<>();
            List<Frame> frames = new ArrayList<>();
            int due = 0;
            int written = 0;
            for (int step = 0; step < 120; step++) {
                int dice = random.nextInt(10);
                if (dice < 3 || present.isEmpty()) {
                    Guest guest = new Guest(one, "u" + random.nextInt(3), random.nextBoolean(), random.nextInt(4) == 0);
                    members.add(guest.member);
                    present.add(guest);
                } else if (dice < 5) {
                    Guest guest = present.remove(random.nextInt(present.size()));
                    members.remove(guest.member);
                    members.remove(guest.member);
                    gone.add(guest);
                } else if (dice < 8) {
                    UserId about = random.nextInt(4) == 0 ? new UserId("u" + random.nextInt(3)) : null;
                    String text = "f" + step;
                    Frame frame = one.frame(text);
                    frame.deflate(one.loop.deflate());
                    frames.add(frame);
                    for (Guest guest : present) {
                        if (about == null
                                || (guest.member.watches()
                                        && !guest.member.user().equals(about))) {
                            guest.due.add(text);
                            due++;
                        }
                    }
                    assertThat(members.enqueue(frame, about)).isEqualTo(!hadWork(frames));
                } else {
                    Batch ended = members.walk(1 + random.nextInt(3));
                    if (ended != null) {
                        written += ended.written;
                        ended.release();
                    }
                }
            }
            written += OneLoop.walkAll(members, 2);

            for (Guest guest : present) {
                assertThat(OneLoop.contents(guest.got(one))).isEqualTo(guest.due);
            }
            int missed = 0;
            for (Guest guest : gone) {
                List<String> got = OneLoop.contents(guest.got(one));
                assertThat(got).isEqualTo(guest.due.subList(0, Math.min(got.size(), guest.due.size())));
                missed += guest.due.size() - got.size();
            }
            assertThat(written).isEqualTo(due - missed);
            assertThat(frames).allMatch(frame -> frame.refCnt() == 0);
            closeAll(present, gone);
        });
    }

    /** Whether a frame before the last one is not yet given back. */
    private static boolean hadWork(List<Frame> frames) {
        return frames.subList(0, frames.size() - 1).stream().anyMatch(frame -> frame.refCnt() > 0);
    }

    private static void closeAll(List<Guest> present, List<Guest> gone) {
        for (List<Guest> guests : List.of(present, gone)) {
            for (Guest guest : guests) {
                guest.member.connection().disconnected();
                guest.socket.finishAndReleaseAll();
            }
        }
    }
}
