package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.roomwire.protocol.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FanOutTest {
    private final OneLoop one = new OneLoop();
    private final FanOut fanOut = one.fanOut;

    /** Which room's members were written to, in order. */
    private final List<String> order = new CopyOnWriteArrayList<>();

    private final List<OneLoop.Socket> sockets = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        one.run(() -> sockets.forEach(OneLoop.Socket::finishAndReleaseAll));
        one.close();
    }

    private LoopMembers room(String name, int count) {
        LoopMembers members = one.members();
        for (int i = 0; i < count; i++) {
            OneLoop.Socket socket = new OneLoop.Socket();
            socket.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                @Override
                public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                    order.add(name);
                    ctx.write(message, promise);
                }
            });
            sockets.add(socket);
            members.add(one.member(socket));
        }
        return members;
    }

    @Test
    void aSmallRoomDoesNotWaitForTheWholeOfALargeOne() throws Exception {
        one.run(() -> {
            LoopMembers large = room("large", 3000);
            LoopMembers small = room("small", 2);
            fanOut.add(large, one.frame("a"), null);
            fanOut.add(small, one.frame("b"), null);
        });
        await().until(() -> order.size() == 3002);

        assertThat(order.lastIndexOf("small")).isLessThan(300);
        assertThat(order).filteredOn("large"::equals).hasSize(3000);
    }

    @Test
    void othersGetTheLoopBetweenThePassesOfALargeRoom() throws Exception {
        List<Integer> seen = new CopyOnWriteArrayList<>();
        one.run(() -> {
            fanOut.add(room("large", 5000), one.frame("a"), null);
            one.loop.inNextPass(() -> seen.add(order.size()));
        });
        await().until(() -> order.size() == 5000);

        assertThat(seen).singleElement().satisfies(size -> assertThat(size).isLessThan(5000));
    }

    @Test
    void nothingIsWrittenBeforeThePassIsOver() throws Exception {
        one.run(() -> {
            LoopMembers members = room("one", 1);
            fanOut.add(members, one.frame("a"), null);
            fanOut.add(members, one.frame("b"), null);
            assertThat(order).isEmpty();
        });

        await().until(() -> order.size() == 1);
        one.run(() -> assertThat(OneLoop.contents(
                        io.roomwire.protocol.Frames.texts(sockets.get(0).written())))
                .containsExactly("a", "b"));
    }

    @Test
    void everyFrameIsCountedAndGivenBack() throws Exception {
        List<Frame> frames = new ArrayList<>();
        one.run(() -> {
            LoopMembers members = room("one", 700);
            for (int i = 0; i < 3; i++) {
                frames.add(one.frame("f" + i));
                fanOut.add(members, frames.get(i), null);
            }
        });

        await().until(() -> frames.stream().allMatch(frame -> frame.refCnt() == 0));
        assertThat(one.metrics.scrape()).contains("roomwire_messages_sent_total 2100.0");
    }
}
