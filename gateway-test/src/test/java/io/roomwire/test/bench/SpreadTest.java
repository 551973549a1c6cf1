package io.roomwire.test.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.bench.Spread.Share;
import org.junit.jupiter.api.Test;

/** Connections over processes and nodes, and what the machine says to it. */
class SpreadTest {
    private static final Spread NONE = new Spread(0, 1, 1);
    private static final String PORTS = "32768\t60999\n";

    private static MachineLimits files(int openFiles) {
        return MachineLimits.of(
                "Max open files            %d                20000                files".formatted(openFiles),
                PORTS,
                4);
    }

    @Test
    void aProcessServesAsFewNodesAsCanBe() {
        Spread even = new Spread(100_000, 6, 6);
        assertThat(even.of(0)).containsExactly(new Share(0, 16_666));
        assertThat(even.of(5)).containsExactly(new Share(5, 16_667));
        assertThat(new Spread(40, 2, 3).of(1)).containsExactly(new Share(1, 6), new Share(2, 14));
    }

    @Test
    void everyConnectionIsAProcessesAndANodes() {
        Spread odd = new Spread(101, 4, 3);
        int all = 0;
        for (int i = 0; i < odd.clients(); i++) {
            int its = odd.of(i).stream().mapToInt(Share::connections).sum();
            assertThat(its).isEqualTo(odd.ofClient(i)).isLessThanOrEqualTo(odd.mostOfClient());
            all += its;
        }
        assertThat(all).isEqualTo(101);
    }

    @Test
    void whatTheMachineAllowsIsNotComplainedOf() {
        assertThat(files(20_000).complaint(new Spread(100_000, 6, 6), new Spread(6000, 6, 6)))
                .isNull();
        assertThat(MachineLimits.of("Max open files            unlimited", PORTS, 4)
                        .complaint(new Spread(50_000, 2, 2), NONE))
                .isNull();
    }

    @Test
    void tooFewFilesAreToldWithTheOptionThatHelps() {
        assertThat(files(10_000).complaint(new Spread(100_000, 20, 6), NONE))
                .isEqualTo(
                        "a node would need 17167 open files, and may have 10000 (ulimit -n): raise that, or take --nodes 11 or more");
        assertThat(files(10_000).complaint(new Spread(100_000, 6, 20), NONE))
                .contains("a client process")
                .endsWith("take --clients 11 or more");
        assertThat(files(256).complaint(new Spread(100, 1, 1), NONE)).endsWith("(ulimit -n): raise that");
    }

    @Test
    void tooFewPortsAreToldWithTheOptionThatHelps() {
        assertThat(files(1_000_000).complaint(new Spread(300_000, 6, 2), NONE))
                .isEqualTo(
                        "a node would need 150000 ports that connect to it, and 4 addresses have 112528 (net.ipv4.ip_local_port_range): raise that, or take --nodes 3 or more");
    }
}
