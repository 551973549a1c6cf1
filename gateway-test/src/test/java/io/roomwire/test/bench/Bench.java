package io.roomwire.test.bench;

import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of {@code deploy/roomwire bench}; one command a scenario. */
@Command(
        name = "bench",
        description = "Measures nodes from outside, and writes a report in Markdown and HTML.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "SCENARIO",
        subcommands = {
            FanOut.class,
            Mixed.class,
            CrossNode.class,
            Durable.class,
            Connections.class,
            Peers.class,
            Scale.class,
            Crowd.class
        })
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs a scenario; gives the exit code. Files are named by where the caller of the launcher is. */
    static int run(String... arguments) {
        Path callers = Path.of(System.getProperty("roomwire.callers-directory", ""));
        return new CommandLine(new Bench())
                .registerConverter(Path.class, callers::resolve)
                .registerConverter(ReportFile.class, name -> new ReportFile(callers.resolve(name)))
                .execute(arguments);
    }
}
