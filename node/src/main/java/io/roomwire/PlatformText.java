package io.roomwire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds text of the command line and the environment that Java could not read. Under {@code LC_ALL=C}, as containers and
 * init systems start a process, it puts replacement signs in the place of every letter beyond ASCII, and says nothing: a
 * password would be wrong, a prefix of rooms another one.
 */
final class PlatformText {
    private static final String COMMAND_LINE = "/proc/self/cmdline";
    private static final char REPLACEMENT = '\uFFFD';

    private PlatformText() {}

    /** What was lost and what to do, or null. */
    static @Nullable String lost(String[] args, Map<String, String> environment) {
        for (Map.Entry<String, String> each : environment.entrySet()) {
            if (each.getKey().startsWith("ROOMWIRE_") && each.getValue().indexOf(REPLACEMENT) >= 0) {
                return complaint("environment " + each.getKey());
            }
        }
        return readsUtf8() || isAscii(asGiven(args.length)) ? null : complaint("a flag");
    }

    private static String complaint(String what) {
        return what + ": expected text that can be read, found letters beyond ASCII in a locale that has none ("
                + System.getProperty("sun.jnu.encoding") + "); start it with LC_ALL=C.UTF-8";
    }

    private static boolean readsUtf8() {
        return System.getProperty("sun.jnu.encoding", "UTF-8").equalsIgnoreCase("UTF-8");
    }

    private static boolean isAscii(List<byte[]> texts) {
        for (byte[] text : texts) {
            for (byte each : text) {
                if (each < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The last arguments of the process, as the kernel has them; none where it does not tell. */
    private static List<byte[]> asGiven(int count) {
        List<byte[]> all = new ArrayList<>();
        try {
            byte[] line = Files.readAllBytes(Path.of(COMMAND_LINE));
            int start = 0;
            for (int i = 0; i < line.length; i++) {
                if (line[i] == 0) {
                    all.add(Arrays.copyOfRange(line, start, i));
                    start = i + 1;
                }
            }
        } catch (IOException e) { // not Linux: there Java reads UTF-8 whatever the locale
            return List.of();
        }
        return all.subList(Math.max(0, all.size() - count), all.size());
    }
}
