package io.roomwire.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.roomwire.protocol.Deflate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
    private final Loop loop = new Loop(0, group.next(), deflate);

    @AfterEach
    void end() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        deflate.close();
    }

    @Test
    void eachHasOneTurnBeforeAnyHasTheNext() {
        List<String> had = new ArrayList<>();
        AtomicInteger left = new AtomicInteger(6);
        loop.execute(() -> {
            for (String name : List.of("a", "b", "c")) {
                loop.turns().enqueue(() -> {
                    had.add(name);
                    return left.decrementAndGet() > 2;
                });
            }
        });
        await().until(() -> left.get() == 0);
        assertThat(had).containsExactly("a", "b", "c", "a", "b", "c");
    }

    /** 50 ms of work wait here, and a task that comes meanwhile waits for a part of them. */
    @Test
    void aPassEndsThoughOthersStillWait() {
        AtomicInteger turns = new AtomicInteger();
        AtomicInteger passes = new AtomicInteger();
        loop.execute(() -> {
            for (int i = 0; i < 50; i++) {
                loop.turns().enqueue(() -> {
                    workMs(1);
                    return turns.incrementAndGet() < 0;
                });
            }
            count(passes, turns);
        });
        await().until(() -> turns.get() == 50);
        assertThat(passes.get()).isGreaterThan(20);
    }

    private void count(AtomicInteger passes, AtomicInteger turns) {
        passes.incrementAndGet();
        if (turns.get() < 50) {
            loop.inNextPass(() -> count(passes, turns));
        }
    }

    private static void workMs(int ms) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        while (System.nanoTime() - endNs < 0) {
            Thread.onSpinWait();
        }
    }
}
