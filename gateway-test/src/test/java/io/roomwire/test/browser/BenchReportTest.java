package io.roomwire.test.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.bench.HtmlReport;
import io.roomwire.test.bench.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report of a benchmark, in a real browser. */
class BenchReportTest {
    /** How many canvases have more than one colour. */
    private static final String DRAWN = """
            return [...document.querySelectorAll('canvas')].filter(canvas => {
                const {width, height} = canvas;
                const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
                return pixels.some(pixel => pixel !== pixels[0]);
            }).length;
            """;

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsABrowser() {
        Browser.needed();
    }

    private static Report report() {
        Report report = new Report("Broadcasts <b>", "deploy/roomwire bench fan-out");
        Random random = new Random(1);
        Histogram latencies = new Histogram(3);
        for (int run = 0; run < 3; run++) {
            report.add("CPU µs a delivery", 8 + random.nextDouble());
            report.add("CPU µs a delivery, floor", 7 + random.nextDouble());
            report.add("lost", 0);
            report.point("CPU µs a delivery, 1 node", "1 room", 1 + random.nextDouble());
            report.point("CPU µs a delivery, 1 node", "100 rooms", 2 + random.nextDouble());
        }
        for (int i = 0; i < 100_000; i++) {
            latencies.recordValue((long) (1e6 * Math.exp(random.nextGaussian())));
        }
        report.latencies("of a delivery", latencies);
        return report;
    }

    @Test
    void everyPlotIsDrawnAndTheTablesHaveTheNumbers() throws IOException {
        Path file = folder.resolve("report.html");
        Files.writeString(file, HtmlReport.of(report()));
        try (Browser page = Browser.open(file.toUri())) {
            page.awaitText("h1", "Broadcasts <b>");
            assertThat(page.texts("h3")).containsExactly("CPU µs a delivery", "lost", "CPU µs a delivery");
            assertThat(page.driver().executeScript(DRAWN)).isEqualTo(4L);
            page.awaitText("#figures td", "CPU µs a delivery, floor");
            page.awaitText("#latencies th", "p99.9");
            page.awaitText("#series th", "100 rooms");
            assertThat(page.complaintsBut("nothing of this is expected")).isEmpty();
        }
    }
}
