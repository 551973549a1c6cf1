package io.roomwire.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadPath;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of all keys with their origins: flags over environment over file over defaults.
 *
 * <p>Immutable. A value is checked when it is asked for; {@link io.roomwire.config.Config#of} asks for all.
 */
public final class Settings {
    private static final String DEFAULT = "default";

    private final Config layers;
    private final List<String> warnings;

    private Settings(Config layers, List<String> warnings) {
        this.layers = layers;
        this.warnings = warnings;
    }

    /**
     * Reads all sources.
     *
     * @param file the configuration file, or null for none
     * @param environment variables; those that begin with {@code ROOMWIRE_} count
     * @param flags key to value, as given on the command line
     * @throws ConfigException if the file cannot be read or names a key that does not exist
     */
    public static Settings load(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        List<String> warnings = new ArrayList<>();
        Config layers = fromFlags(flags)
                .withFallback(fromEnvironment(environment, warnings))
                .withFallback(file == null ? ConfigFactory.empty() : fromFile(file));
        for (Key<?> key : Keys.all()) {
            layers = layers.withFallback(ConfigFactory.parseString(
                    key.name() + " = " + (key.fallback().isEmpty() ? "\"\"" : key.fallback()),
                    ConfigParseOptions.defaults().setOriginDescription(DEFAULT)));
        }
        return new Settings(layers, List.copyOf(warnings));
    }

    private static Config fromFlags(Map<String, String> flags) {
        Set<String> known = names();
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, String> flag : flags.entrySet()) {
            if (!known.contains(flag.getKey())) {
                throw unknown(flag.getKey(), "flag");
            }
            config = config.withValue(flag.getKey(), value(flag.getValue(), "flag"));
        }
        return config;
    }

    private static Config fromEnvironment(Map<String, String> environment, List<String> warnings) {
        Config config = ConfigFactory.empty();
        Set<String> known = new HashSet<>();
        for (Key<?> key : Keys.all()) {
            known.add(key.variable());
            String text = environment.get(key.variable());
            if (text != null) {
                config = config.withValue(key.name(), value(text, "environment " + key.variable()));
            }
        }
        for (String variable : environment.keySet()) {
            if (variable.startsWith("ROOMWIRE_") && !known.contains(variable)) {
                warnings.add("environment " + variable + " is no key of this version and has no effect");
            }
        }
        return config;
    }

    private static ConfigValue value(String text, String origin) {
        return ConfigValueFactory.fromAnyRef(text, origin);
    }

    private static Config fromFile(Path file) {
        if (!Files.isReadable(file)) {
            throw new ConfigException("config: cannot read file " + file);
        }
        Config config;
        try {
            config = ConfigFactory.parseFile(file.toFile()).resolve();
        } catch (com.typesafe.config.ConfigException e) {
            throw new ConfigException("config: " + e.getMessage());
        }
        Set<String> known = names();
        for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
            String name = String.join(".", ConfigUtil.splitPath(entry.getKey()));
            if (!known.contains(name)) {
                throw unknown(name, entry.getValue().origin().description());
            }
        }
        return config;
    }

    private static Set<String> names() {
        Set<String> names = new HashSet<>();
        for (Key<?> key : Keys.all()) {
            names.add(key.name());
        }
        return names;
    }

    private static ConfigException unknown(String name, String origin) {
        return new ConfigException(name + ": no such key (from " + origin + ")");
    }

    /** @throws ConfigException if the value is not what the key expects */
    <T> T get(Key<T> key) {
        T value;
        try {
            value = key.reader().apply(layers, key.name());
        } catch (com.typesafe.config.ConfigException | ArithmeticException | NumberFormatException e) {
            throw wrong(key, key.expects());
        }
        if (!key.fits().test(value)) {
            throw wrong(key, key.expects());
        }
        return value;
    }

    /** The one form of complaint about a value. */
    ConfigException wrong(Key<?> key, String expected) {
        return new ConfigException(
                key.name() + ": expected " + expected + ", found " + shown(key) + " (from " + origin(key) + ")");
    }

    /** The value as it was written, without what is secret in it. */
    public String shown(Key<?> key) {
        try {
            return Secret.masked(
                    key.name(), layers.getValue(key.name()).render(com.typesafe.config.ConfigRenderOptions.concise()));
        } catch (BadPath | com.typesafe.config.ConfigException.Missing e) {
            return "nothing";
        }
    }

    /** Where the value came from: a flag, a variable, a line of a file, or the default. */
    public String origin(Key<?> key) {
        String origin = layers.getValue(key.name()).origin().description();
        return origin.startsWith(DEFAULT) ? DEFAULT : origin;
    }

    /** What looks like a mistake but does not stop a node. */
    public List<String> warnings() {
        return warnings;
    }
}
