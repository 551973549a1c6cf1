package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestServers;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/**
 * A program that knows no rooms: it listens on the port of its only argument, and writes each text frame of anybody to
 * everybody, with one system call a recipient. What a node costs above it is what its features and its runtime cost.
 */
final class FloorServer implements AutoCloseable {
    private final Process process;
    private final URI address;

    private FloorServer(Process process, URI address) {
        this.process = process;
        this.address = address;
    }

    static FloorServer start(Path program) throws IOException {
        int port = TestServers.freePort();
        Process process = new ProcessBuilder(program.toAbsolutePath().toString(), "" + port)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        TestServers.awaitListening(port);
        return new FloorServer(process, URI.create("ws://127.0.0.1:" + port + "/ws"));
    }

    URI address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
