package io.roomwire.test.bench;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all scenarios have: how often all is measured, and where the figures go. */
final class Runs {
    @Option(names = "--runs", description = "How often all is measured.")
    private int runs;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            arity = "1..*",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = {
                "Where the report goes, beside the standard output; may be given more than once.",
                "A name that ends in .html gets a page with plots, any other Markdown."
            })
    private List<ReportFile> files = List.of();

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
        List<String> given = Objects.requireNonNull(scenario)
                .root()
                .commandLine()
                .getParseResult()
                .originalArgs();
        return new Report(
                title,
                "deploy/roomwire bench " + given.stream().map(Runs::quoted).collect(Collectors.joining(" ")));
    }

    /** As a shell needs it. */
    private static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    /** Refuses members that cannot be spread evenly. */
    void requireEven(int members, int rooms) {
        if (members % rooms != 0) {
            throw refusal("--members has to be a multiple of --rooms: every room has as many");
        }
    }

    /** Options that do not go together. */
    CommandLine.ParameterException refusal(String why) {
        return new CommandLine.ParameterException(
                Objects.requireNonNull(scenario).commandLine(), why);
    }

    /** @param seconds how long it takes, about */
    void warmUp(double seconds, Run run) throws Exception {
        progress("warming up, " + about(seconds));
        run.measure();
    }

    /** Measures, where nobody knows beforehand how long that takes. */
    void repeat(Run run) throws Exception {
        repeat(Double.NaN, run);
    }

    /** @param seconds how long a run takes, about; behind the first it is what the runs so far took */
    void repeat(double seconds, Run run) throws Exception {
        double each = seconds;
        long startNs = System.nanoTime();
        for (int i = 1; i <= runs; i++) {
            double left = each * (runs - i + 1);
            progress("run %d of %d".formatted(i, runs) + (Double.isNaN(left) ? "" : ", " + about(left) + " to go"));
            run.measure();
            each = (System.nanoTime() - startNs) / 1e9 / i;
        }
    }

    /** How long that is, for people. */
    private static String about(double seconds) {
        long whole = (long) Math.ceil(seconds);
        return "about " + (whole < 100 ? whole + " s" : Math.round(seconds / 60) + " min");
    }

    static void progress(String what) {
        System.err.println("bench: " + what);
    }

    /** Prints it, and writes it to the files. */
    void publish(Report report) throws IOException {
        System.out.print(MarkdownReport.of(report));
        for (ReportFile file : files) {
            file.write(report);
            progress("written to " + file.path());
        }
    }
}
