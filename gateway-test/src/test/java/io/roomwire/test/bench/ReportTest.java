package io.roomwire.test.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

/** What a report says of the values that it got, in Markdown and in HTML. */
class ReportTest {
    private static final String DATA = "<script id=\"data\" type=\"application/json\">";

    private final Report report = new Report("A title", "deploy/roomwire bench it --runs 3");

    @TempDir
    private Path folder;

    private static JsonNode data(String html) throws IOException {
        int from = html.indexOf(DATA) + DATA.length();
        return new ObjectMapper().readTree(html.substring(from, html.indexOf("</script>", from)));
    }

    /** From 1 ms on, each 1 ms later. */
    private static Histogram latencies(int count) {
        Histogram histogram = new Histogram(3);
        for (int i = 1; i <= count; i++) {
            histogram.recordValue(i * 1_000_000L);
        }
        return histogram;
    }

    @Test
    void aFigureIsItsMedianAndItsRuns() throws IOException {
        report.add("to the floor", 3);
        report.add("to the floor", 1.25);
        report.add("to the floor", 2);
        assertThat(MarkdownReport.of(report))
                .contains("- command: `deploy/roomwire bench it --runs 3`", "- machine: ", "- Java: ")
                .contains("| to the floor | 2 | 3, 1.25, 2 |");
        JsonNode bar = data(HtmlReport.of(report)).at("/figures/to the floor/0");
        assertThat(bar.get("median").asDouble()).isEqualTo(2);
        assertThat(bar.get("runs").toString()).isEqualTo("[3.0,1.25,2.0]");
    }

    @Test
    void figuresOfOneKindAreInOnePlot() throws IOException {
        report.add("CPU µs a delivery", 1);
        report.add("p50 ms within the node", 2);
        report.add("CPU µs a delivery, floor", 3);
        report.add("p50 ms, beside", 4);
        report.add("p99 ms within the node", 5);
        JsonNode figures = data(HtmlReport.of(report)).get("figures");
        assertThat(figures.fieldNames()).toIterable().containsExactly("CPU µs a delivery", "p50 ms", "p99 ms");
        assertThat(figures.get("CPU µs a delivery").findValuesAsText("label"))
                .containsExactly("CPU µs a delivery", "floor");
        assertThat(figures.get("p50 ms").findValuesAsText("label")).containsExactly("within the node", "beside");
    }

    @Test
    void latenciesOfAllRunsCountTogether() throws IOException {
        report.latencies("across nodes", latencies(100));
        report.latencies("across nodes", latencies(1000));
        assertThat(MarkdownReport.of(report))
                .contains("| latency in ms, all runs | p50 | p90 | p99 | p99.9 | max |")
                .containsPattern("\\| across nodes \\| 45[0-9.]+ \\| 89[0-9.]+ \\| 989[0-9.]+ \\| 99[0-9.]+ \\| 1000");
        JsonNode curve = data(HtmlReport.of(report)).at("/latencies/across nodes");
        assertThat(curve.at("/columns/p50").asDouble()).isBetween(450.0, 451.0);
        double before = 0;
        for (JsonNode point : curve.get("points")) {
            assertThat(point.get("percentile").asDouble()).isLessThan(100);
            assertThat(point.get("ms").asDouble()).isGreaterThanOrEqualTo(before);
            before = point.get("ms").asDouble();
        }
        assertThat(before).isBetween(999.0, 1001.0);
    }

    @Test
    void aSeriesHasAMedianAtEachPlaceThatItHasAndAGapElsewhere() throws IOException {
        report.point("CPU µs a delivery, 1 node", "10 rooms", 3);
        report.point("CPU µs a delivery, 1 node", "10 rooms", 5);
        report.point("CPU µs a delivery, 1 node", "1 room", 1);
        report.point("CPU µs a delivery, 2 nodes", "1 room", 2.5);
        report.point("CPU µs a delivery, 2 nodes", "100 rooms", 6);
        assertThat(MarkdownReport.of(report)).contains("""
                        | medians | 10 rooms | 1 room | 100 rooms |
                        | --- | --- | --- | --- |
                        | CPU µs a delivery, 1 node | 4 | 1 |  |
                        | CPU µs a delivery, 2 nodes |  | 2.50 | 6 |
                        """);
        JsonNode data = data(HtmlReport.of(report));
        assertThat(data.get("places").toString()).isEqualTo("[\"10 rooms\",\"1 room\",\"100 rooms\"]");
        JsonNode lines = data.at("/series/CPU µs a delivery");
        assertThat(lines.findValuesAsText("label")).containsExactly("1 node", "2 nodes");
        assertThat(lines.findValues("medians")).hasToString("[[4.0,1.0,null], [null,2.5,6.0]]");
    }

    @Test
    void aWarmUpIsForgotten() {
        report.add("lost", 1);
        report.latencies("across nodes", latencies(1));
        report.point("a series", "1 room", 1);
        report.clear();
        assertThat(MarkdownReport.of(report)).doesNotContain("|");
    }

    @Test
    void nothingInTheDataEndsTheScriptOrIsFilledIn() throws IOException {
        String bad = "</script><!--<script>{{data}}{{library}}";
        report.fact("load", bad);
        String html = HtmlReport.of(report);
        assertThat(data(html).at("/facts/load").asText()).isEqualTo(bad);
        assertThat(html.split("</script>", -1)).as("three scripts").hasSize(4);
    }

    @Test
    void thePageNamesNothingToLoad() throws IOException {
        assertThat(HtmlReport.of(report))
                .contains("Chart.js v")
                .contains("default-src 'none'")
                .doesNotContain("src=", "<link");
    }

    @Test
    void theEndingOfAFileSaysWhatItGets() throws IOException {
        for (String name : new String[] {"a.html", "a.HTML"}) {
            new ReportFile(folder.resolve(name)).write(report);
            assertThat(folder.resolve(name)).content().startsWith("<!doctype html>");
        }
        for (String name : new String[] {"a.md", "a.txt", "a"}) {
            new ReportFile(folder.resolve(name)).write(report);
            assertThat(folder.resolve(name)).content().startsWith("## A title");
        }
    }

    @Test
    void aFileThatCannotBeIsRefusedAtTheStart() throws IOException {
        Files.createDirectory(folder.resolve("there.md"));
        for (String name : new String[] {"a.pdf", "a.htm", "there.md", "missing/a.md"}) {
            Path file = folder.resolve(name);
            assertThatThrownBy(() -> new ReportFile(file))
                    .isInstanceOf(TypeConversionException.class)
                    .hasMessageContaining(file.getFileName().toString().equals("a.md") ? "missing" : name);
        }
    }

    @Test
    void theCommandLineRefusesItBeforeAnythingIsStarted() {
        int usage = 2;
        String good = folder.resolve("a.md").toString();
        String bad = folder.resolve("a.pdf").toString();
        assertThat(Bench.run("fan-out", "--report", good, bad)).isEqualTo(usage);
        assertThat(Bench.run("fan-out", "--report", good, "--report", bad)).isEqualTo(usage);
    }
}
