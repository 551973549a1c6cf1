package io.roomwire.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The values of all keys with their origins: flags over environment over file over defaults.
 *
 * <p>Immutable. A value is checked when it is asked for, a name when {@link #check} is called; {@link
 * io.roomwire.config.Config#of} does both.
 */
public final class Settings {
    private static final String DEFAULT = "default";

    /**
     * What Kubernetes says of a Service to every container beside it: a Service named roomwire-ops is in
     * ROOMWIRE_OPS_PORT.
     */
    private static final Pattern SERVICE_LINK = Pattern.compile("(?:tcp|udp|sctp)://\\S+:\\d+");

    private static final Pattern SERVICE_VARIABLE =
            Pattern.compile("(ROOMWIRE(?:_[A-Z0-9_]+?)??)_(?:SERVICE|PORT)(?:_.*)?");

    private final Config layers;
    private final List<String> warnings;

    /** Names that are no keys, and sources that contradict each other. */
    private final List<ConfigException> faults;

    private Settings(Config layers, List<String> warnings, List<ConfigException> faults) {
        this.layers = layers;
        this.warnings = List.copyOf(warnings);
        this.faults = List.copyOf(faults);
    }

    /**
     * Reads all sources.
     *
     * @param file the configuration file, or null for none
     * @param environment variables; those that begin with {@code ROOMWIRE_} count, and one that ends in {@code _FILE}
     *     names a file with the value in it
     * @param flags key to value, as given on the command line
     * @throws ConfigException if the file cannot be read
     */
    public static Settings load(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        List<String> warnings = new ArrayList<>();
        List<ConfigException> faults = new ArrayList<>();
        Config layers = fromFlags(flags, faults)
                .withFallback(fromEnvironment(environment, warnings, faults))
                .withFallback(file == null ? ConfigFactory.empty() : fromFile(file, faults));
        for (Key<?> key : Keys.all()) {
            layers = layers.withFallback(ConfigFactory.empty().withValue(key.name(), fallback(key)));
        }
        return new Settings(layers, warnings, faults);
    }

    /** Looks at each name and each value by itself. */
    void check(Faults found) {
        faults.forEach(fault -> found.in(() -> {
            throw fault;
        }));
        Keys.all().forEach(key -> found.in(() -> get(key)));
    }

    private static ConfigValue fallback(Key<?> key) {
        return ConfigFactory.parseString("value = " + (key.fallback().isEmpty() ? "\"\"" : key.fallback()))
                .getValue("value")
                .withOrigin(ConfigOriginFactory.newSimple(DEFAULT));
    }

    private static Config fromFlags(Map<String, String> flags, List<ConfigException> faults) {
        Map<String, Key<?>> known = keysByName();
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, String> flag : flags.entrySet()) {
            Key<?> key = known.get(flag.getKey());
            if (key == null) {
                faults.add(unknown(flag.getKey(), "flag"));
            } else if (key.secret()) {
                faults.add(wrong(
                        key.name(),
                        key.variable() + " or " + key.fileVariable() + " in the environment",
                        "what every user of this machine can read",
                        "flag"));
            } else {
                config = config.withValue(flag.getKey(), value(flag.getValue(), "flag"));
            }
        }
        return config;
    }

    private static Config fromEnvironment(
            Map<String, String> environment, List<String> warnings, List<ConfigException> faults) {
        Config config = ConfigFactory.empty();
        Set<String> known = new HashSet<>();
        for (Key<?> key : Keys.all()) {
            known.add(key.variable());
            known.add(key.fileVariable());
            String text = environment.get(key.variable());
            String file = environment.get(key.fileVariable());
            if (text != null && isServiceLink(key.variable(), text)) {
                warnings.add("environment " + key.variable() + "=" + text + " is what Kubernetes says of a Service, and"
                        + " no value of " + key.name() + ": passed over");
                text = null;
            }
            if (text != null && file != null) {
                faults.add(new ConfigException(key.name() + ": expected one of " + key.variable() + " and "
                        + key.fileVariable() + ", found both in the environment"));
            } else if (text != null) {
                config = config.withValue(key.name(), value(text, "environment " + key.variable()));
            } else if (file != null) {
                try {
                    config = config.withValue(
                            key.name(), value(content(key, file), "environment " + key.fileVariable() + ": " + file));
                } catch (ConfigException e) {
                    faults.add(e);
                }
            }
        }
        environment.forEach((variable, text) -> {
            if (variable.startsWith("ROOMWIRE_") && !known.contains(variable) && !isOfAService(variable, environment)) {
                warnings.add("environment " + variable + " is no key of this version and has no effect");
            }
        });
        return config;
    }

    private static boolean isServiceLink(String variable, String text) {
        return variable.endsWith("_PORT") && SERVICE_LINK.matcher(text).matches();
    }

    /** One of the half dozen variables that come with each service link, such as ROOMWIRE_PORT_8080_TCP_ADDR. */
    private static boolean isOfAService(String variable, Map<String, String> environment) {
        Matcher name = SERVICE_VARIABLE.matcher(variable);
        if (!name.matches()) {
            return false;
        }
        String port = name.group(1) + "_PORT";
        return isServiceLink(port, environment.getOrDefault(port, ""));
    }

    /** Without the line end that editors and {@code echo} put behind it. */
    private static String content(Key<?> key, String file) {
        try {
            return Files.readString(Path.of(file)).stripTrailing();
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(key.name() + ": expected a file with the value, found none that can be read at "
                    + file + " (from environment " + key.fileVariable() + ")");
        }
    }

    /** Without line ends behind it: mounted secrets and {@code $(...)} of some shells bring them, and no value has any. */
    private static ConfigValue value(String text, String origin) {
        return ConfigValueFactory.fromAnyRef(text.replaceFirst("[\\r\\n]+\\z", ""), origin);
    }

    private static Config fromFile(Path file, List<ConfigException> faults) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new ConfigException("config: cannot read file " + file);
        }
        Config config;
        try {
            config = ConfigFactory.parseFile(file.toFile()).resolve();
        } catch (com.typesafe.config.ConfigException e) {
            throw new ConfigException("config: " + e.getMessage());
        }
        return usable(config, config.root(), List.of(), keysByName(), faults);
    }

    /** Without what is no value of a key: it would stand before one that is. Goes through the tree itself, since the library's
     * own list of entries leaves nulls out. */
    private static Config usable(
            Config config,
            ConfigObject group,
            List<String> within,
            Map<String, Key<?>> known,
            List<ConfigException> faults) {
        Config usable = config;
        for (Map.Entry<String, ConfigValue> entry : group.entrySet()) {
            List<String> path = new ArrayList<>(within);
            path.add(entry.getKey());
            String name = String.join(".", path);
            ConfigValue value = entry.getValue();
            String origin = value.origin().description();
            Key<?> key = known.get(name);
            if (key == null && value instanceof ConfigObject inner) {
                usable = usable(usable, inner, path, known, faults);
            } else if (key == null || value.valueType() == ConfigValueType.NULL) {
                faults.add(key == null ? unknown(name, origin) : wrong(name, key.expects(), "null", origin));
                usable = usable.withoutPath(ConfigUtil.joinPath(path));
            }
        }
        return usable;
    }

    private static Map<String, Key<?>> keysByName() {
        Map<String, Key<?>> keys = new HashMap<>();
        for (Key<?> key : Keys.all()) {
            keys.put(key.name(), key);
        }
        return keys;
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

    /** Whether there is anything but an empty text. */
    boolean isSet(Key<?> key) {
        Object value = get(key);
        return value instanceof Secret secret
                ? !secret.isEmpty()
                : !value.toString().isBlank();
    }

    ConfigException wrong(Key<?> key, String expected) {
        return wrong(key.name(), expected, shown(key), origin(key));
    }

    /** The one form of complaint about a value. */
    private static ConfigException wrong(String name, String expected, String found, String origin) {
        return new ConfigException(name + ": expected " + expected + ", found " + found + " (from " + origin + ")");
    }

    /** The value as it was written, without what is secret in it. */
    public String shown(Key<?> key) {
        return Secret.masked(key, layers.getValue(key.name()).render(ConfigRenderOptions.concise()));
    }

    /** Where the value came from: a flag, a variable, a line of a file, or the default. */
    public String origin(Key<?> key) {
        return layers.getValue(key.name()).origin().description();
    }

    /** What looks like a mistake but does not stop a node. */
    public List<String> warnings() {
        return warnings;
    }
}
