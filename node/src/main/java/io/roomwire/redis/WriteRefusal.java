package io.roomwire.redis;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Answers by which a Redis that is there takes no writes. Any thread may call. */
public final class WriteRefusal {
    /** Where the answer comes from within a script, older servers put other words in front. */
    private static final Pattern CODE = Pattern.compile("\\b(MISCONF|OOM|NOREPLICAS|READONLY|NOPERM)\\b");

    private static final Map<String, String> MEANING = Map.of(
            "MISCONF", "it cannot save its data to its disk",
            "OOM", "its maxmemory is reached",
            "NOREPLICAS", "fewer replicas follow it than min-replicas-to-write asks for",
            "READONLY", "it is a replica",
            "NOPERM", "its user has no right to it");

    private WriteRefusal() {}

    /** What the answer means, for people, with Redis' own word for it; null if it is something else. */
    public static @Nullable String of(@Nullable Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            Matcher code = CODE.matcher(String.valueOf(cause.getMessage()));
            if (code.find()) {
                return "takes no writes: " + MEANING.get(code.group(1)) + " (" + code.group(1) + ")";
            }
        }
        return null;
    }
}
