package io.roomwire.test.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What the servers of the tests have in common. */
public final class TestServers {
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private TestServers() {}

    /** Prints once which server the tests stand on. */
    static void say(String what, String which) {
        if (SAID.add(what)) {
            System.out.println(what + " of the tests: " + which);
        }
    }

    /** A port that nobody listens on at this moment. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until somebody listens on a port of this machine. */
    public static void awaitListening(int port) {
        await("port " + port + " is listened on").atMost(Duration.ofSeconds(10)).until(() -> listens(port));
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
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
