package io.roomwire.test.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time of a process, user and system, all threads, as Linux counts it. */
final class ProcessCpu {
    /** {@code sysconf(_SC_CLK_TCK)}, which is 100 on every Linux that Java runs on (proc_pid_stat(5)). */
    private static final long TICKS_PER_SECOND = 100;

    private static final int UTIME = 11; // places behind the name of the program, which may hold anything
    private static final int STIME = 12;

    private ProcessCpu() {}

    /** In µs, with the 10 ms of a tick as its grain. */
    static long micros(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long ticks = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
            return ticks * (1_000_000 / TICKS_PER_SECOND);
        } catch (IOException e) {
            throw new UncheckedIOException("CPU time can only be read on Linux", e);
        }
    }
}
