package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Figures of several runs, as Markdown: the median, and each run beside it. For one thread. */
final class Report {
    private final String title;
    private final List<String> facts = new ArrayList<>();
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    /** @param scenario as it was called: its arguments are part of the command that repeats it */
    Report(String title, CommandSpec scenario) {
        this.title = title;
        List<String> given = scenario.root().commandLine().getParseResult().originalArgs();
        fact("command", "`deploy/roomwire bench " + String.join(" ", given) + "`");
        fact("date", LocalDate.now(ZoneOffset.UTC).toString());
        fact(
                "machine",
                Runtime.getRuntime().availableProcessors() + " cores, shared by clients and servers, "
                        + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        fact("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    }

    /** Something that has to be known to read the figures. */
    void fact(String name, String value) {
        facts.add("- " + name + ": " + value);
    }

    /** Forgets the figures so far: they were a warm-up. */
    void clear() {
        figures.clear();
    }

    /** One more run's value of a figure. */
    void add(String figure, double value) {
        figures.computeIfAbsent(figure, name -> new ArrayList<>()).add(value);
    }

    /** The newest run's value of a figure. */
    double last(String figure) {
        List<Double> values = figures.getOrDefault(figure, List.of());
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no figure " + figure + " among " + figures.keySet());
        }
        return values.get(values.size() - 1);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** Prints it, and writes it to the file if there is one. */
    void publish(@Nullable Path file) throws IOException {
        String text = markdown();
        System.out.print(text);
        if (file != null) {
            Files.writeString(file, text);
        }
    }

    private String markdown() {
        StringBuilder text = new StringBuilder("## " + title + "\n\n");
        text.append(String.join("\n", facts)).append("\n\n| figure | median | runs |\n| --- | --- | --- |\n");
        figures.forEach((name, values) -> {
            String runs = values.stream().map(Report::shown).collect(Collectors.joining(", "));
            text.append("| %s | %s | %s |\n".formatted(name, shown(median(values)), runs));
        });
        return text.toString();
    }

    private static String shown(double value) {
        return value == Math.rint(value) ? "%.0f".formatted(value) : String.format(Locale.ROOT, "%.2f", value);
    }
}
