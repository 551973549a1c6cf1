package io.roomwire.test.bench;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * What several runs of a scenario measured, and what has to be known to read it; {@link MarkdownReport} and {@link
 * HtmlReport} make a text of it. All is in the order in which it came first. For one thread.
 */
public final class Report {
    private final String title;
    private final String command;
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();
    private final Map<String, Histogram> latencies = new LinkedHashMap<>();
    private final Map<String, Map<String, List<Double>>> series = new LinkedHashMap<>();

    /** @param command repeats it */
    public Report(String title, String command) {
        this.title = title;
        this.command = command;
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
        facts.put(name, value);
    }

    /** Forgets the figures so far: they were a warm-up. */
    void clear() {
        figures.clear();
        latencies.clear();
        series.clear();
    }

    /** One more run's value of a figure. */
    public void add(String figure, double value) {
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

    /**
     * One more run's latencies; those of all runs count together.
     *
     * @param histogram of ns; it is copied
     */
    public void latencies(String name, Histogram histogram) {
        latencies
                .computeIfAbsent(name, any -> new Histogram(histogram.getNumberOfSignificantValueDigits()))
                .add(histogram);
    }

    /**
     * One more run's value at a place of a series.
     *
     * @param x the value of the parameter over which the series goes; all series of a report have the same parameter
     */
    public void point(String series, String x, double value) {
        this.series
                .computeIfAbsent(series, name -> new LinkedHashMap<>())
                .computeIfAbsent(x, place -> new ArrayList<>())
                .add(value);
    }

    String title() {
        return title;
    }

    String command() {
        return command;
    }

    Map<String, String> facts() {
        return Collections.unmodifiableMap(facts);
    }

    /** The values of each figure, one a run. */
    Map<String, List<Double>> figures() {
        return Collections.unmodifiableMap(figures);
    }

    /** In ns, by name. */
    Map<String, Histogram> latencies() {
        return Collections.unmodifiableMap(latencies);
    }

    /** The values of each series by the places where it has any, one a run. */
    Map<String, Map<String, List<Double>>> series() {
        return Collections.unmodifiableMap(series);
    }

    /** The places of all series. */
    Set<String> places() {
        Set<String> places = new LinkedHashSet<>();
        series.values().forEach(points -> places.addAll(points.keySet()));
        return places;
    }

    /** Of one value at least. */
    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
