package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all scenarios have: how often all is measured, and where the figures go. */
final class Runs {
    @Option(names = "--runs", description = "How often all is measured.")
    private int runs;

    @Option(names = "--report", paramLabel = "FILE", description = "Where the report goes, beside the standard output.")
    private @Nullable Path file;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec scenario;

    Runs() {
        this(5);
    }

    /** @param runs where the command line does not say */
    Runs(int runs) {
        this.runs = runs;
    }

    /** Measures everything once. */
    interface Run {
        void measure() throws Exception;
    }

    /** A report of the scenario as it was called. */
    Report report(String title) {
        return new Report(title, Objects.requireNonNull(scenario));
    }

    void repeat(Run run) throws Exception {
        for (int i = 1; i <= runs; i++) {
            run.measure();
            progress("run %d of %d done".formatted(i, runs));
        }
    }

    static void progress(String what) {
        System.err.println("bench: " + what);
    }

    void publish(Report report) throws IOException {
        report.publish(file);
    }
}
