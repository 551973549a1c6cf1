package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.roomwire.history.Page;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Head;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.UserId;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FrameRunTest {
    private static final FrameWriter WRITER = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);

    private static FrameRun run(int messages, int bytesEach) {
        byte[] content = new byte[bytesEach];
        Arrays.fill(content, (byte) '1');
        List<Message> page = LongStream.rangeClosed(1, messages)
                .mapToObj(seq -> new Message(seq, 1, new UserId("sender"), null, content))
                .toList();
        return FrameRun.of(OneLoop.ROOM, 0, new Page(page, 1, new Head(messages, "e")), WRITER);
    }

    @Test
    void aPageOfLargeMessagesIsNotHeldAsAWhole() {
        FrameRun run = run(200, 65_536);

        assertThat(run.bytes()).isBetween(500_000, 1_100_000);
        assertThat(run.has(1)).isTrue();
        assertThat(run.has(run.last() + 1)).isFalse();
    }

    @Test
    void aPageOfSmallMessagesIs() {
        assertThat(run(200, 1000).last()).isEqualTo(200);
    }

    @Test
    void oneMessageIsHeldHoweverLarge() {
        assertThat(run(2, 3_000_000).last()).isEqualTo(1);
    }
}
