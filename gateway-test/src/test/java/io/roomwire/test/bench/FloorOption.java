package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of a scenario that can be compared with the floor. */
final class FloorOption {
    @Option(
            names = "--floor",
            paramLabel = "PROGRAM",
            description = "A server of one write a recipient, to compare with.")
    private @Nullable Path program;

    /** Null if no program was named. */
    @Nullable
    Floor start(int members) throws IOException, InterruptedException {
        return program == null ? null : Floor.start(program, members);
    }
}
