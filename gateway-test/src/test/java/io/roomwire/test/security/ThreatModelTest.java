package io.roomwire.test.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** SECURITY.md promises no defence without a test, and names no test that is not there. */
class ThreatModelTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (?!asset|---).*\\| (?<tests>[^|]+) \\|$");
    private static final Pattern NAMED = Pattern.compile("`(?<type>\\w+(?:Test|Contract))\\.(?<method>\\w+)`");

    @Test
    void eachRowNamesTestsThatAreThere() throws IOException {
        Matcher row = ROW.matcher(Files.readString(Path.of("../SECURITY.md")));
        int rows = 0;
        List<String> missing = new ArrayList<>();
        while (row.find()) {
            rows++;
            Matcher named = NAMED.matcher(row.group("tests"));
            assertThat(named.find()).as(row.group()).isTrue();
            do {
                if (!exists(named.group("type"), named.group("method"))) {
                    missing.add(named.group());
                }
            } while (named.find());
        }
        assertThat(rows).isGreaterThan(15);
        assertThat(missing).isEmpty();
    }

    /** By the source, since the unit tests of the node are not on the class path here. */
    private static boolean exists(String type, String method) throws IOException {
        for (Path root : List.of(Path.of("src/test/java"), Path.of("../node/src/test/java"))) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file :
                        files.filter(each -> each.endsWith(type + ".java")).toList()) {
                    if (Files.readString(file).contains("    void " + method + "(")) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
