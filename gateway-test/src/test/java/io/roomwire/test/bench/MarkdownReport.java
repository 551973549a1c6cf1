package io.roomwire.test.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as Markdown: the median of each figure, and each run beside it. */
final class MarkdownReport {
    private MarkdownReport() {}

    static String of(Report report) {
        StringBuilder text = new StringBuilder("## " + report.title() + "\n\n");
        text.append("- command: `").append(report.command()).append("`\n");
        report.facts().forEach((name, value) -> text.append("- %s: %s\n".formatted(name, value)));
        if (!report.figures().isEmpty()) {
            figures(text, report);
        }
        if (!report.latencies().isEmpty()) {
            latencies(text, report);
        }
        if (!report.series().isEmpty()) {
            series(text, report);
        }
        return text.toString();
    }

    private static void figures(StringBuilder text, Report report) {
        head(text, List.of("figure", "median", "runs"));
        report.figures().forEach((name, values) -> {
            String runs = values.stream().map(MarkdownReport::shown).collect(Collectors.joining(", "));
            row(text, List.of(name, shown(Report.median(values)), runs));
        });
    }

    private static void latencies(StringBuilder text, Report report) {
        List<String> columns = new ArrayList<>(List.of("latency in ms, all runs"));
        columns.addAll(Percentiles.COLUMNS.keySet());
        head(text, columns);
        report.latencies().forEach((name, histogram) -> {
            List<String> cells = new ArrayList<>(List.of(name));
            Percentiles.columnsMs(histogram).values().forEach(ms -> cells.add(shown(ms)));
            row(text, cells);
        });
    }

    private static void series(StringBuilder text, Report report) {
        List<String> columns = new ArrayList<>(List.of("medians"));
        columns.addAll(report.places());
        head(text, columns);
        report.series().forEach((name, points) -> {
            List<String> cells = new ArrayList<>(List.of(name));
            for (String place : report.places()) {
                List<Double> values = points.get(place);
                cells.add(values == null ? "" : shown(Report.median(values)));
            }
            row(text, cells);
        });
    }

    private static void head(StringBuilder text, List<String> columns) {
        text.append("\n");
        row(text, columns);
        row(text, columns.stream().map(column -> "---").toList());
    }

    private static void row(StringBuilder text, Collection<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String shown(double value) {
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.2f", value);
    }
}
