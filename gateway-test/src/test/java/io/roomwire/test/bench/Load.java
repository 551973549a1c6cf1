package io.roomwire.test.bench;

import picocli.CommandLine.Option;

/** The options of a scenario in which messages are said at a fixed rate. */
final class Load {
    @Option(names = "--size", description = "Characters of a message's content.")
    private int size = 128;

    @Option(names = "--burst", description = "How many messages are due at once; the rate stays what it is.")
    private int burst = 1;

    @Option(names = "--seconds", description = "Length of each measurement.")
    private double seconds = 10;

    @Option(names = "--warm-up", description = "Seconds of talking before the first run: the JVM compiles meanwhile.")
    private double warmUpSeconds;

    /** @param warmUpSeconds where the command line does not say */
    Load(double warmUpSeconds) {
        this.warmUpSeconds = warmUpSeconds;
    }

    /** Characters of a content. */
    int size() {
        return size;
    }

    /** Messages that are due at once. */
    int burst() {
        return burst;
    }

    double seconds() {
        return seconds;
    }

    double warmUpSeconds() {
        return warmUpSeconds;
    }
}
