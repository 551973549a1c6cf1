package io.roomwire.test.bench;

import io.roomwire.test.cluster.TestRedis;
import io.roomwire.test.cluster.TestServers;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A running server that a node is compared with: one process, or several around a Redis of their own. */
final class Peer implements AutoCloseable {
    private static final String OUTPUT = "output";

    private final List<Path> folders = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final List<URI> addresses = new ArrayList<>();
    private final @Nullable TestRedis redis;

    private Peer(@Nullable TestRedis redis) {
        this.redis = redis;
    }

    /** @throws IOException if one does not listen soon; says what it wrote */
    static Peer start(PeerKind kind, int count) throws IOException {
        Peer peer = new Peer(count > 1 ? TestRedis.process() : null);
        try {
            for (int i = 0; i < count; i++) {
                peer.add(kind);
            }
            return peer;
        } catch (IOException | RuntimeException e) { // Awaitility's is of the latter
            String output = peer.output();
            peer.close();
            throw new IOException(kind.name() + " did not start. It said:\n" + output, e);
        }
    }

    private void add(PeerKind kind) throws IOException {
        int port = TestServers.freePort();
        Path folder = Files.createTempDirectory("roomwire-peer");
        folders.add(folder);
        processes.add(kind.launch()
                .on(port, redis == null ? null : URI.create(redis.uri()), folder)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(OUTPUT).toFile())
                .start());
        TestServers.awaitListening(port);
        addresses.add(URI.create("ws://127.0.0.1:" + port));
    }

    private String output() throws IOException {
        StringBuilder output = new StringBuilder();
        for (Path folder : folders) {
            Path file = folder.resolve(OUTPUT);
            output.append(Files.exists(file) ? Files.readString(file) : "");
        }
        return output.toString();
    }

    List<URI> addresses() {
        return addresses;
    }

    /** Of its processes, those that they started, and its Redis. */
    List<Long> pids() {
        List<Long> pids = new ArrayList<>();
        for (Process process : processes) {
            Stream.concat(Stream.of(process.toHandle()), process.descendants())
                    .map(ProcessHandle::pid)
                    .forEach(pids::add);
        }
        if (redis != null) {
            pids.add(redis.pid());
        }
        return pids;
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        if (redis != null) {
            redis.close();
        }
        folders.forEach(Peer::delete);
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            Runs.progress(folder + " stays behind: " + e);
        }
    }
}
