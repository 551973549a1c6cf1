package io.roomwire.redis;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The version of a server; servers that speak as Redis does tell which Redis they are like. Immutable. */
record RedisVersion(int major, int minor) {
    private static final Pattern TOLD = Pattern.compile("(?m)^redis_version:(\\d{1,4})\\.(\\d{1,4})");

    /** From what {@code INFO server} says; null where it does not say. */
    static @Nullable RedisVersion of(String info) {
        Matcher told = TOLD.matcher(info);
        return told.find() ? new RedisVersion(Integer.parseInt(told.group(1)), Integer.parseInt(told.group(2))) : null;
    }

    boolean isBefore(RedisVersion other) {
        return major < other.major || (major == other.major && minor < other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
