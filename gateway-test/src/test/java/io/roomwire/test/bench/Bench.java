package io.roomwire.test.bench;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
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

    /** Of the numbers that the options take, those that may be 0. */
    private static final Set<String> MAY_BE_0 =
            Set.of("--floor-members", "--floor-rate", "--warm-up", "--warm-up-rounds", "--size");

    /** Runs a scenario; gives the exit code. Files are named by where the caller of the launcher is. */
    static int run(String... arguments) {
        Path callers = callers();
        return new CommandLine(new Bench())
                .registerConverter(Path.class, callers::resolve)
                .registerConverter(ReportFile.class, name -> new ReportFile(callers.resolve(name)))
                .setExecutionStrategy(parsed -> {
                    checkNumbers(parsed);
                    return new CommandLine.RunLast().execute(parsed);
                })
                .execute(arguments);
    }

    /** Where the caller of the launcher is. */
    static Path callers() {
        return Path.of(System.getProperty("roomwire.callers-directory", ""));
    }

    /** Before anything is started: nobody waits minutes to hear that he said 0 nodes. */
    private static void checkNumbers(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult scenario = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
        for (CommandLine.Model.OptionSpec option : scenario.commandSpec().options()) {
            Object value = option.getValue();
            List<?> values = value instanceof List<?> list ? list : Collections.singletonList(value);
            for (Object each : values) {
                double least = MAY_BE_0.contains(option.longestName()) ? 0 : Double.MIN_VALUE;
                if (each instanceof Number number && !(number.doubleValue() >= least)) {
                    throw new CommandLine.ParameterException(
                            scenario.commandSpec().commandLine(),
                            option.longestName() + " has to be " + (least > 0 ? "above 0" : "0 or more") + ", not "
                                    + number);
                }
            }
        }
    }
}
