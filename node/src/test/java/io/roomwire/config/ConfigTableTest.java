package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's table of configuration keys is made of {@link Keys}; -Droomwire.docs.write=true makes it anew. */
class ConfigTableTest {
    private static final Path README = Path.of("..", "README.md");
    private static final String BEGIN = "<!-- configuration:begin -->\n";
    private static final String END = "<!-- configuration:end -->";

    @Test
    void theReadmeHasEveryKeyWithItsDefaultAndItsMeaning() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN);
        int end = readme.indexOf(END);
        assertThat(begin).as("place of the marker %s", BEGIN.strip()).isNotNegative();
        assertThat(end).as("place of the marker %s", END).isGreaterThan(begin);

        if (Boolean.getBoolean("roomwire.docs.write")) {
            readme = readme.substring(0, begin) + BEGIN + table() + readme.substring(end);
            Files.writeString(README, readme);
            end = readme.indexOf(END);
        }

        assertThat(readme.substring(begin + BEGIN.length(), end))
                .as("the README's table is stale: mvn -pl node test -Dtest=ConfigTableTest -Droomwire.docs.write=true")
                .isEqualTo(table());
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| key | default | meaning |\n| --- | --- | --- |\n");
        for (Key<?> key : Keys.all()) {
            String fallback = key.fallback().isEmpty() ? "(empty)" : "`" + cell(key.fallback()) + "`";
            table.append("| `%s` | %s | %s |\n".formatted(key.name(), fallback, cell(key.doc())));
        }
        return table.toString();
    }

    /** A bar would end the cell; a word in angle brackets would be taken for HTML. */
    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
