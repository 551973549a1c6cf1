package io.roomwire.test.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** What a report shows of latencies, in ms. */
final class Percentiles {
    /** The percentile that is in each column of a table. */
    static final Map<String, Double> COLUMNS = columns();

    /** Points of a curve for each halving of what is above: enough to look smooth. */
    private static final int POINTS_PER_HALF = 5;

    private Percentiles() {}

    private static Map<String, Double> columns() {
        Map<String, Double> columns = new LinkedHashMap<>();
        columns.put("p50", 50.0);
        columns.put("p90", 90.0);
        columns.put("p99", 99.0);
        columns.put("p99.9", 99.9);
        columns.put("max", 100.0);
        return columns;
    }

    /** One of each column, in their order. */
    static Map<String, Double> columnsMs(Histogram ns) {
        Map<String, Double> row = new LinkedHashMap<>();
        COLUMNS.forEach((name, percentile) -> row.put(name, ns.getValueAtPercentile(percentile) / 1e6));
        return row;
    }

    /** The curve. Without the largest value, whose place has no end on a scale of 1 / (1 - p), and without zeros. */
    static List<Point> curve(Histogram ns) {
        List<Point> points = new ArrayList<>();
        for (HistogramIterationValue value : ns.percentiles(POINTS_PER_HALF)) {
            double percentile = value.getPercentileLevelIteratedTo();
            if (percentile < 100 && value.getValueIteratedTo() > 0) {
                points.add(new Point(percentile, value.getValueIteratedTo() / 1e6));
            }
        }
        return points;
    }

    /** @param percentile from 0 to less than 100 */
    record Point(double percentile, double ms) {}
}
