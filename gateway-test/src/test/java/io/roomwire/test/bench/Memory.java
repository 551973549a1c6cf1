package io.roomwire.test.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What some processes have at a moment, and the kernel for everybody, in bytes; only Linux tells.
 *
 * @param liveHeap objects of the processes, after a full collection
 * @param resident memory of the processes, after that; what they share is counted once (Pss)
 * @param tcp buffers of TCP sockets, of both ends where both are on this machine
 * @param slab the kernel's own objects of every kind; sockets are among them, with their files
 */
record Memory(long liveHeap, long resident, long tcp, long slab) {
    private static final int KIB = 1024;

    /** Collects their garbage first, which takes each of them a moment. */
    static Memory of(Collection<Long> pids) throws IOException, InterruptedException {
        long liveHeap = 0;
        long resident = 0;
        for (long pid : pids) {
            liveHeap += liveHeapBytes(pid);
            resident += KIB * number("/proc/" + pid + "/smaps_rollup", "^Pss: +(\\d+) kB");
        }
        long pageBytes = KIB * number("/proc/self/smaps", "^KernelPageSize: +(\\d+) kB");
        return new Memory(
                liveHeap,
                resident,
                pageBytes * number("/proc/net/sockstat", "^TCP: .* mem (\\d+)"),
                KIB * number("/proc/meminfo", "^Slab: +(\\d+) kB"));
    }

    private static long number(String file, String pattern) throws IOException {
        String text = Files.readString(Path.of(file));
        Matcher found = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text);
        if (!found.find()) {
            throw new IllegalStateException("no line like " + pattern + " in " + file + ": " + text);
        }
        return Long.parseLong(found.group(1));
    }

    /** Of one process, after a full collection. */
    static long liveHeapBytes(long pid) throws IOException, InterruptedException {
        Process histogram = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        histogram.waitFor();
        String total = text.lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("jcmd said: " + text));
        return Long.parseLong(total.trim().split("\\s+", -1)[2]);
    }
}
