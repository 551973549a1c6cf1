package io.roomwire.test.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What the servers of the tests have in common. */
final class TestServers {
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private TestServers() {}

    /** Prints once which server the tests stand on. */
    static void say(String what, String which) {
        if (SAID.add(what)) {
            System.out.println(what + " of the tests: " + which);
        }
    }

    /** A port that nobody listens on at this moment. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void signal(String name, long pid) {
        assertThat(trySignal(name, pid)).as("kill -" + name + " " + pid).isTrue();
    }

    /** Returns whether there is such a process. */
    static boolean trySignal(String name, long pid) {
        try {
            return new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
