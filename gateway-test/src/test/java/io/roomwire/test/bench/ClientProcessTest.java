package io.roomwire.test.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.roomwire.test.bench.CrowdClient.Heard;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The lines between the bench and its client processes, and what is left of one that is gone. */
class ClientProcessTest {
    @Test
    void whatWasHeardFitsIntoALine() {
        Histogram latencies = new Histogram(3);
        latencies.recordValueWithCount(1_000_000, 98);
        latencies.recordValueWithCount(50_000_000, 2);
        Heard heard = new Heard(100, latencies);
        assertThat(heard.line()).doesNotContain("\n");
        assertThat(Heard.of(heard.line())).isEqualTo(heard);
        assertThat(heard.and(heard).deliveries()).isEqualTo(200);
        assertThat(heard.and(heard).latencyMs(100)).isBetween(50.0, 50.1);
    }

    @Test
    @Timeout(30) // no waiting for one who cannot come
    void anOrderThatFailsIsToldWithTheReason() throws Exception {
        try (ClientProcess client = ClientProcess.start(7)) {
            client.tell(CrowdClient.join(URI.create("ws://127.0.0.1:1/ws"), "room", "member", 1));
            assertThatThrownBy(client::answer)
                    .hasMessageStartingWith("client process 7 (pid " + client.pid() + ") failed: ")
                    .hasMessageContaining("1 of 1 did not join at ");
            client.tell(CrowdClient.collect(0));
            assertThat(Heard.of(client.answer()).deliveries()).as("it goes on").isZero();
        }
    }

    @Test
    void aProcessThatIsGoneIsNamed() throws Exception {
        try (ClientProcess client = ClientProcess.start(7)) {
            ProcessHandle.of(client.pid()).orElseThrow().destroyForcibly();
            client.tell(CrowdClient.LEAVE);
            assertThatThrownBy(client::answer)
                    .hasMessageStartingWith("client process 7 (pid " + client.pid() + ") ended with exit code 137");
        }
    }

    @Test
    @Timeout(8) // behind 10 s it is killed, whatever it does
    void aProcessEndsWithItsInputThoughItIsBusy() throws Exception {
        ClientProcess client = ClientProcess.start(7);
        ProcessHandle process = ProcessHandle.of(client.pid()).orElseThrow();
        client.tell(CrowdClient.collect(1)); // for which it would wait a minute
        client.close();
        assertThat(process.onExit().get(1, TimeUnit.SECONDS).isAlive()).isFalse();
    }
}
