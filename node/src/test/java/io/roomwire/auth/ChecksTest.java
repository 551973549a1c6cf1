package io.roomwire.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class ChecksTest {
    private final List<String> done = new CopyOnWriteArrayList<>();

    @Test
    void oneClientsFloodDelaysAnotherByOneCheck() {
        CountDownLatch begin = new CountDownLatch(1);
        try (Checks checks = new Checks("checks-test", 1, 1000)) {
            checks.run("first", () -> waitFor(begin));
            for (int i = 0; i < 100; i++) {
                checks.run("flood", () -> done.add("flood"));
            }
            checks.run("honest", () -> done.add("honest"));
            begin.countDown();
            await().until(() -> done.size() == 101);
        }
        assertThat(done.indexOf("honest")).isLessThanOrEqualTo(1);
    }

    @Test
    void whenTooManyWaitThoseOfManyAreRefusedAndTheFirstOfOthersAreNot() {
        CountDownLatch begin = new CountDownLatch(1);
        try (Checks checks = new Checks("checks-test", 1, 10)) {
            checks.run("first", () -> waitFor(begin));
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            checks.run("flood", () -> done.add("flood"));
                        }
                    })
                    .isInstanceOf(RejectedExecutionException.class);
            checks.run("honest", () -> done.add("honest"));
            begin.countDown();
            await().until(() -> done.contains("honest"));
        }
        assertThat(done).hasSizeLessThan(20);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
