package io.roomwire.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadsTest {
    private final Reads reads = new Reads();

    private static void read(ExtendedHandle counts, int bytes) {
        counts.attemptedBytesRead(bytes);
        counts.lastBytesRead(bytes);
    }

    @Test
    void whatOneSocketGaveSaysNothingAboutTheNext() {
        ExtendedHandle first = reads.newHandle();
        first.reset(new EmbeddedChannel().config());
        read(first, 100);
        first.incMessagesRead(1);
        assertThat(first.continueReading()).as("one read a turn").isFalse();

        ExtendedHandle second = reads.newHandle();
        second.reset(new EmbeddedChannel().config());
        read(second, 100);

        assertThat(second).as("the loop's own").isSameAs(first);
        assertThat(second.continueReading()).as("nothing was read of it").isTrue();
    }

    @Test
    void loopsShareNothing() throws Exception {
        ExtendedHandle other = CompletableFuture.supplyAsync(reads::newHandle, task -> new Thread(task).start())
                .get(30, TimeUnit.SECONDS);

        assertThat(reads.newHandle()).isNotSameAs(other);
    }
}
