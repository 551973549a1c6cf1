package io.roomwire.test.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One answer of {@code /metrics}, read strictly: a line that Prometheus could not read is an error. Immutable. */
public final class Scrape {
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\.)*\",?)*\\})? (\\S+)");
    private static final Pattern COMMENT = Pattern.compile("# (?:HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+");

    private final List<Sample> samples;

    private record Sample(String name, String labels, double value) {}

    private Scrape(List<Sample> samples) {
        this.samples = samples;
    }

    static Scrape of(String text) {
        List<Sample> samples = new ArrayList<>();
        text.lines().filter(line -> !line.isEmpty()).forEach(line -> {
            if (line.startsWith("#")) {
                if (!COMMENT.matcher(line).matches()) {
                    throw new AssertionError("no comment that Prometheus knows: " + line);
                }
                return;
            }
            Matcher sample = SAMPLE.matcher(line);
            if (!sample.matches()) {
                throw new AssertionError("no sample that Prometheus can read: " + line);
            }
            String labels = sample.group(2) == null ? "" : sample.group(2);
            samples.add(new Sample(sample.group(1), labels, number(sample.group(3))));
        });
        return new Scrape(List.copyOf(samples));
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        samples.forEach(sample -> names.add(sample.name()));
        return names;
    }

    /**
     * The sum of all series of that name whose labels hold the given text, such as {@code code="4001"}.
     *
     * @throws AssertionError if there is none: a series that is only there after its first event breaks {@code rate()}
     */
    public double sum(String name, String label) {
        List<Sample> found = samples.stream()
                .filter(sample -> sample.name().equals(name) && sample.labels().contains(label))
                .toList();
        if (found.isEmpty()) {
            throw new AssertionError("no series " + name + " with " + label + " among " + names());
        }
        return found.stream().mapToDouble(Sample::value).sum();
    }

    public double value(String name) {
        return sum(name, "");
    }
}
