package io.roomwire.test.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * A process of clients, for more connections than one process may have files. It is told by lines on its standard input
 * and answers each by one line, which {@link #ANSWER} begins; {@link ClientProcess} is the other end. It ends with its
 * input, so it cannot outlive who has started it.
 */
final class CrowdClient {
    /** In front of each answer; whatever else comes is what a library or the JVM has to say. */
    static final String ANSWER = "> ";

    /** In front of an answer's text that says why an order was not carried out. */
    static final String FAILED = "failed: ";

    private static final String JOIN = "join";
    private static final String COLLECT = "collect";

    /** The order that all connections end. */
    static final String LEAVE = "leave";

    /** For a message to arrive everywhere, on a machine that is busy with it. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int LATENCY_DIGITS = 3;

    /** Of the thread that carries out orders. */
    private final List<Audience> audiences = new ArrayList<>();

    private long collected;

    private CrowdClient() {}

    /** The order that so many members join a room, beside those that are there. */
    static String join(URI node, String room, String prefix, int count) {
        return String.join(" ", JOIN, node.toString(), room, prefix, String.valueOf(count));
    }

    /** The order to tell what came since the last time, as a {@link Heard}, as soon as it is so much. */
    static String collect(long expected) {
        return COLLECT + " " + expected;
    }

    public static void main(String[] arguments) throws IOException {
        CrowdClient client = new CrowdClient();
        // A thread of its own, so that this one sees the end of the input while an order is being carried out.
        ExecutorService orders = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "bench-orders");
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler((dead, error) -> {
                error.printStackTrace();
                System.exit(1); // else its answer would be waited for
            });
            return thread;
        });
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String order = line;
            orders.execute(() -> System.out.println(ANSWER + client.obey(order)));
        }
    }

    private String obey(String order) {
        String[] words = order.split(" ", -1);
        try {
            switch (words[0]) {
                case JOIN -> {
                    audiences.add(Audience.of(URI.create(words[1]), words[2], words[3], Integer.parseInt(words[4])));
                    return words[4];
                }
                case COLLECT -> {
                    return heard(Long.parseLong(words[1])).line();
                }
                case LEAVE -> {
                    audiences.forEach(Audience::close);
                    audiences.clear();
                    collected = 0;
                    return "";
                }
                default -> throw new IllegalArgumentException("no such order");
            }
        } catch (RuntimeException | InterruptedException e) {
            return FAILED + e;
        }
    }

    private Heard heard(long expected) {
        long before = collected;
        collected = Audience.received(audiences, before + expected, PATIENCE);
        audiences.forEach(Audience::check);
        Histogram latencies = new Histogram(LATENCY_DIGITS);
        audiences.forEach(audience -> latencies.add(audience.latencies()));
        return new Heard(collected - before, latencies);
    }

    /**
     * What members heard.
     *
     * @param latencies in ns
     */
    record Heard(long deliveries, Histogram latencies) {
        /** Fits behind {@link #ANSWER}. */
        String line() {
            ByteBuffer packed = ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
            int length = latencies.encodeIntoCompressedByteBuffer(packed);
            packed.flip().limit(length);
            return deliveries + " "
                    + StandardCharsets.US_ASCII.decode(Base64.getEncoder().encode(packed));
        }

        /** What {@link #line} gave. */
        static Heard of(String line) {
            String[] words = line.split(" ", -1);
            try {
                return new Heard(
                        Long.parseLong(words[0]),
                        Histogram.decodeFromCompressedByteBuffer(
                                ByteBuffer.wrap(Base64.getDecoder().decode(words[1])), 0));
            } catch (DataFormatException e) {
                throw new IllegalArgumentException("no histogram: " + line, e);
            }
        }

        /** What these and those heard. */
        Heard and(Heard others) {
            Histogram both = latencies.copy();
            both.add(others.latencies);
            return new Heard(deliveries + others.deliveries, both);
        }

        double latencyMs(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1e6;
        }
    }
}
