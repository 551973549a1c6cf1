package io.roomwire.test.operations;

import io.roomwire.test.cluster.Jar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/** The files that put a cluster into containers, as they stand in the repository, and the node's own idea of its keys. */
final class Deployment {
    static final Path ROOT = Path.of("..");
    static final Path DOCKERFILE = ROOT.resolve("deploy/Dockerfile");
    static final Path COMPOSE = ROOT.resolve("docker-compose.yml");

    private Deployment() {}

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The one match of a pattern in a file, or an error that names both. */
    static Matcher find(Path file, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text(file));
        if (!matcher.find()) {
            throw new AssertionError("nothing like " + pattern + " in " + file);
        }
        return matcher;
    }

    static List<MatchResult> findAll(Path file, String pattern) {
        return Pattern.compile(pattern).matcher(text(file)).results().toList();
    }

    /** A YAML file's root, with anchors and merges resolved. */
    static Map<String, Object> yaml(Path file) {
        return new Yaml().load(text(file));
    }

    /** The services of the compose file by name. */
    static Map<String, Map<String, Object>> services() {
        Map<String, Map<String, Object>> services = new LinkedHashMap<>();
        map(yaml(COMPOSE).get("services")).forEach((name, service) -> services.put(name, map(service)));
        return services;
    }

    /** The services that are built here: the nodes. */
    static Set<String> nodes() {
        Set<String> nodes = new TreeSet<>();
        services().forEach((name, service) -> {
            if (service.containsKey("build")) {
                nodes.add(name);
            }
        });
        return nodes;
    }

    @SuppressWarnings("unchecked") // a YAML mapping, whose keys are texts in all of our files
    static Map<String, Object> map(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    /** What stands under a key that holds a list of texts; nothing if it is not there. */
    static List<String> texts(Map<String, Object> service, String key) {
        List<?> values = (List<?>) service.getOrDefault(key, List.of());
        return values.stream().map(String::valueOf).toList();
    }

    /** Every configuration key of the node with its default. */
    static Map<String, String> defaults() {
        Map<String, String> defaults = new TreeMap<>();
        Jar.run(Map.of(), "config").out().lines().forEach(line -> {
            String[] words = line.split("\\s+", 3);
            defaults.put(words[0], words[1]);
        });
        return defaults;
    }

    /** The environment variable of a key. */
    static String variable(String key) {
        return "ROOMWIRE_" + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }

    static Map<String, String> environment(Map<String, Object> service) {
        Map<String, String> environment = new TreeMap<>();
        map(service.get("environment")).forEach((name, value) -> environment.put(name, String.valueOf(value)));
        return environment;
    }
}
