package io.roomwire.test.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The processes of a cluster in a file, a line each: number and time of start. For the case that the {@link Supervisor}
 * was killed, and nobody else knows any more what it had started. The time tells a process from a later one of its number.
 */
final class ProcessList {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Path file;

    ProcessList(Path file) {
        this.file = file;
    }

    /** Writes this process and all below it. */
    void write() throws IOException {
        ProcessHandle self = ProcessHandle.current();
        List<String> lines = Stream.concat(Stream.of(self), self.descendants())
                .map(process -> process.pid() + " " + startMs(process))
                .toList();
        Files.write(file, lines);
    }

    private static long startMs(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** Those of the file that still run. */
    List<ProcessHandle> running() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(line -> line.split(" ", 2))
                    .map(words -> ProcessHandle.of(Long.parseLong(words[0]))
                            .filter(process -> startMs(process) == Long.parseLong(words[1])))
                    .flatMap(Optional::stream)
                    .filter(ProcessHandle::isAlive)
                    .toList();
        }
    }

    /** Ends those that still run, politely first; gives how many there were. */
    int end() throws IOException {
        List<ProcessHandle> left = running();
        left.forEach(ProcessHandle::destroy);
        CompletableFuture.allOf(left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        left.forEach(ProcessHandle::destroyForcibly);
        Files.deleteIfExists(file);
        return left.size();
    }
}
