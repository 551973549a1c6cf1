package io.roomwire.test.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.test.cluster.Jar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What stands in {@code docker-compose.yml} is what the node understands. */
class DeployTest {
    private static final Pattern VARIABLE = Pattern.compile("\\b(ROOMWIRE_[A-Z_]+):");

    @Test
    void everyVariableOfTheComposeFileIsAKey() throws Exception {
        Matcher matcher = VARIABLE.matcher(Files.readString(Path.of("../docker-compose.yml")));
        Set<String> used = new TreeSet<>();
        while (matcher.find()) {
            used.add(matcher.group(1));
        }
        assertThat(used).hasSizeGreaterThan(3);
        assertThat(known()).containsAll(used);
    }

    private static Set<String> known() {
        return Jar.run(Map.of(), "config")
                .out()
                .lines()
                .map(line -> line.split("\\s", 2)[0])
                .map(key -> "ROOMWIRE_" + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                .collect(Collectors.toSet());
    }
}
