package io.roomwire.test.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A report as one HTML file with plots. It needs no network: the library that draws, Chart.js, is inside. */
public final class HtmlReport {
    private static final String LIBRARY = "/META-INF/resources/webjars/chart.js/%s/dist/chart.umd.min.js";
    private static final String LIBRARY_VERSION = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

    /** What is measured, and behind it of what: "CPU µs a delivery, floor" and "p50 ms within the node". */
    private static final Pattern NAME = Pattern.compile("(p[0-9.]+ ms|[^,]*)[, ]*(.*)");

    private HtmlReport() {}

    /**
     * The text of the file.
     *
     * @throws IOException if a part of the page is not on the class path
     */
    public static String of(Report report) throws IOException {
        // The data comes last: nothing in it is taken for a place to fill.
        return resource("report.html")
                .replace("{{style}}", resource("paper.css") + resource("report.css"))
                .replace("{{library}}", library())
                .replace("{{script}}", resource("report.js"))
                .replace("{{data}}", data(report));
    }

    private static String library() throws IOException {
        Properties jar = new Properties();
        try (InputStream in = open(LIBRARY_VERSION)) {
            jar.load(in);
        }
        return resource(LIBRARY.formatted(jar.getProperty("version")));
    }

    private static String data(Report report) throws JsonProcessingException {
        Set<String> places = report.places();
        Map<String, List<Bar>> figures = new LinkedHashMap<>();
        report.figures().forEach((name, runs) -> add(figures, name, new Bar(name, label(name), runs)));
        Map<String, Curve> latencies = new LinkedHashMap<>();
        report.latencies()
                .forEach((name, histogram) ->
                        latencies.put(name, new Curve(Percentiles.columnsMs(histogram), Percentiles.curve(histogram))));
        Map<String, List<Line>> series = new LinkedHashMap<>();
        report.series().forEach((name, points) -> add(series, name, new Line(name, label(name), places, points)));
        Page page = new Page(report.title(), report.command(), report.facts(), figures, latencies, places, series);
        // Only strings can have this sign in JSON, and no end of the script element is written without it.
        return new ObjectMapper().writeValueAsString(page).replace("<", "\\u003c");
    }

    private static <T> void add(Map<String, List<T>> plots, String name, T part) {
        plots.computeIfAbsent(split(name).group(1), plot -> new ArrayList<>()).add(part);
    }

    private static String label(String name) {
        String rest = split(name).group(2);
        return rest.isEmpty() ? name : rest;
    }

    private static Matcher split(String name) {
        Matcher parts = NAME.matcher(name);
        if (!parts.matches()) {
            throw new IllegalArgumentException("a figure's name has to be one line: " + name);
        }
        return parts;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = open(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = HtmlReport.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("not on the class path: " + name);
        }
        return in;
    }

    /** What report.js reads. Figures and series are by plot. */
    private record Page(
            String title,
            String command,
            Map<String, String> facts,
            Map<String, List<Bar>> figures,
            Map<String, Curve> latencies,
            Set<String> places,
            Map<String, List<Line>> series) {}

    private record Bar(String name, String label, double median, List<Double> runs) {
        Bar(String name, String label, List<Double> runs) {
            this(name, label, Report.median(runs), runs);
        }
    }

    private record Curve(Map<String, Double> columns, List<Percentiles.Point> points) {}

    /** @param medians one a place of the page; null where the series has none */
    private record Line(String name, String label, List<@Nullable Double> medians) {
        Line(String name, String label, Set<String> places, Map<String, List<Double>> points) {
            this(name, label, new ArrayList<>());
            for (String place : places) {
                List<Double> values = points.get(place);
                medians.add(values == null ? null : Report.median(values));
            }
        }
    }
}
