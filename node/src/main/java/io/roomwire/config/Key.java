package io.roomwire.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigException.WrongType;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * One thing that can be set: its name in a file, its environment variable, what it may be, and why it is what it is.
 *
 * @param name as in the file, such as {@code limits.connections}
 * @param fallback the default, as it would be written in the file
 * @param expects what a value must be, for a person
 * @param reader from the layered configuration to the typed value
 * @param fits whether the typed value is allowed
 * @param secret whether a value is shown to nobody, and refused on the command line
 * @param doc one sentence, with the reason of the default
 */
public record Key<T>(
        String name,
        String fallback,
        String expects,
        BiFunction<Config, String, T> reader,
        Predicate<T> fits,
        boolean secret,
        String doc) {

    private Key(
            String name,
            String fallback,
            String expects,
            BiFunction<Config, String, T> reader,
            Predicate<T> fits,
            String doc) {
        this(name, fallback, expects, reader, fits, false, doc);
    }

    static Key<String> text(String name, String fallback, String doc) {
        return new Key<>(name, fallback, "text", Config::getString, value -> true, doc);
    }

    /** A text that as a whole looks like that. */
    static Key<String> matching(String name, String fallback, String pattern, String expects, String doc) {
        return new Key<>(name, fallback, expects, Config::getString, value -> value.matches(pattern), doc);
    }

    /** A text that is never shown; it comes from the environment or a file. */
    static Key<Secret> secret(String name, String doc) {
        return new Key<>(
                name, "", "text", (config, path) -> new Secret(config.getString(path)), value -> true, true, doc);
    }

    static Key<Integer> whole(String name, int fallback, int min, int max, String doc) {
        String expects = "a whole number from " + min + " to " + max;
        return new Key<>(
                name, String.valueOf(fallback), expects, Key::exactly, value -> value >= min && value <= max, doc);
    }

    /** The library would make 80 of 80.5. */
    private static int exactly(Config config, String path) {
        return Integer.parseInt(config.getString(path).strip());
    }

    static Key<Boolean> flag(String name, boolean fallback, String doc) {
        return new Key<>(name, String.valueOf(fallback), "true or false", Config::getBoolean, value -> true, doc);
    }

    /** Bytes, such as {@code 64KiB}. */
    static Key<Long> size(String name, String fallback, long min, long max, String doc) {
        String expects = "a size from " + min + " to " + max + " bytes, such as 64KiB";
        return new Key<>(name, fallback, expects, Config::getBytes, value -> value >= min && value <= max, doc);
    }

    /** Milliseconds, such as {@code 25s}. */
    static Key<Long> time(String name, String fallback, long minMs, long maxMs, String doc) {
        String expects = "a time from " + minMs + "ms to " + maxMs + "ms, such as 25s";
        return new Key<>(
                name,
                fallback,
                expects,
                (config, path) -> config.getDuration(path).toMillis(),
                value -> value >= minMs && value <= maxMs,
                doc);
    }

    /** One of the constants, written in lower case. */
    static <E extends Enum<E>> Key<E> choice(String name, E fallback, String doc) {
        E[] all = fallback.getDeclaringClass().getEnumConstants();
        StringBuilder expects = new StringBuilder("one of");
        for (E each : all) {
            expects.append(' ').append(each.name().toLowerCase(Locale.ROOT));
        }
        return new Key<>(
                name,
                fallback.name().toLowerCase(Locale.ROOT),
                expects.toString(),
                (config, path) -> {
                    String text = config.getString(path);
                    for (E each : all) {
                        if (each.name().equalsIgnoreCase(text)) {
                            return each;
                        }
                    }
                    throw new BadValue(path, "not one of them");
                },
                value -> true,
                doc);
    }

    /** A list of texts; in the environment and in flags with commas between them. */
    static Key<List<String>> list(String name, String fallback, String doc) {
        String expects = "a list of texts, none of them empty";
        return new Key<>(
                name, fallback, expects, Key::texts, value -> value.stream().noneMatch(String::isEmpty), doc);
    }

    private static List<String> texts(Config config, String path) {
        try {
            return config.getStringList(path);
        } catch (WrongType e) {
            String joined = config.getString(path).strip();
            return joined.isEmpty() ? List.of() : List.of(joined.split("\\s*,\\s*", -1));
        }
    }

    /** The environment variable that sets this key. */
    public String variable() {
        return "ROOMWIRE_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** The environment variable that names a file with the value in it, as containers get their secrets. */
    public String fileVariable() {
        return variable() + "_FILE";
    }
}
