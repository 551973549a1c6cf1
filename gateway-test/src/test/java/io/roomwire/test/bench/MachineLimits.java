package io.roomwire.test.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the machine lets a process have.
 *
 * @param openFiles of one process
 * @param ports from which one address can connect to one port of another
 * @param addresses from which clients connect
 */
record MachineLimits(long openFiles, int ports, int addresses) {
    /** The jars of the class path, which are some 150, and what the JVM and its loops have for themselves. */
    private static final int OTHER_FILES = 500;

    /** What listens on a port of that range, such as the nodes themselves. */
    private static final int OTHER_PORTS = 100;

    private static final Path FILES = Path.of("/proc/self/limits");
    private static final Path PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

    /** Those of this machine, for processes that this one starts. Without Linux's files for it there are none. */
    static MachineLimits here() throws IOException {
        return of(
                Files.exists(FILES) ? Files.readString(FILES) : "",
                Files.exists(PORTS) ? firstLine(PORTS) : "0 65535",
                Audience.sources());
    }

    /** By one read: a file of /proc/sys has nothing more for the second one, and readString needs several. */
    private static String firstLine(Path file) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return reader.readLine();
        }
    }

    static MachineLimits of(String limits, String portRange, int addresses) {
        // The JVM raises its soft limit to the hard one as it starts, and hands that down.
        Matcher files = Pattern.compile("Max open files +(\\d+)").matcher(limits);
        String[] ends = portRange.trim().split("\\s+", -1);
        return new MachineLimits(
                files.find() ? Long.parseLong(files.group(1)) : Long.MAX_VALUE,
                Integer.parseInt(ends[1]) - Integer.parseInt(ends[0]) + 1,
                addresses);
    }

    /**
     * Why so many connections do not fit, and which option makes them fit, or null if they do.
     *
     * @param before connections whose ports may not be free again
     */
    @Nullable
    String complaint(Spread spread, Spread before) {
        long room = openFiles - OTHER_FILES;
        if (spread.mostOfNode() > room) {
            return tooManyFiles("node", spread.mostOfNode(), "--nodes", spread.connections(), room);
        }
        if (spread.mostOfClient() > room) {
            return tooManyFiles("client process", spread.mostOfClient(), "--clients", spread.connections(), room);
        }
        int needed = spread.mostOfNode() + before.mostOfNode();
        int free = (ports - OTHER_PORTS) * addresses;
        if (needed > free) {
            return "a node would need " + needed + " ports that connect to it, and " + addresses + " addresses have "
                    + free
                    + " (net.ipv4.ip_local_port_range)"
                    + more("--nodes", spread.connections() + before.connections(), free);
        }
        return null;
    }

    private String tooManyFiles(String process, int connections, String option, int all, long room) {
        return "a " + process + " would need " + (connections + OTHER_FILES) + " open files, and may have " + openFiles
                + " (ulimit -n)" + more(option, all, room);
    }

    private static String more(String option, int connections, long each) {
        return each > 0
                ? ": raise that, or take " + option + " " + (connections + each - 1) / each + " or more"
                : ": raise that";
    }
}
