package io.roomwire.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tables of docs/configuration.md are made of {@link Keys}; -Droomwire.docs.write=true makes it anew. */
class ConfigTableTest {
    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final String BEGIN = "<!-- configuration:begin -->\n";
    private static final String END = "<!-- configuration:end -->";

    @Test
    void thePageHasEveryKeyWithItsDefaultAndItsMeaning() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        assertThat(begin).as("place of the marker %s", BEGIN.strip()).isNotNegative();
        assertThat(end).as("place of the marker %s", END).isGreaterThan(begin);

        if (Boolean.getBoolean("roomwire.docs.write")) {
            page = page.substring(0, begin) + BEGIN + tables() + page.substring(end);
            Files.writeString(PAGE, page);
            end = page.indexOf(END);
        }

        assertThat(page.substring(begin + BEGIN.length(), end))
                .as(
                        "docs/configuration.md is stale: mvn -pl node test -Dtest=ConfigTableTest -Droomwire.docs.write=true")
                .isEqualTo(tables());
    }

    private static String tables() {
        StringBuilder tables = new StringBuilder();
        for (Keys.Use use : Keys.Use.values()) {
            tables.append("\n## ").append(title(use)).append("\n\n| key | default | meaning |\n| --- | --- | --- |\n");
            for (Key<?> key : Keys.all()) {
                if (Keys.use(key) == use) {
                    String fallback = key.fallback().isEmpty() ? "(empty)" : "`" + cell(key.fallback()) + "`";
                    tables.append("| `%s` | %s | %s |\n".formatted(key.name(), fallback, cell(key.doc())));
                }
            }
        }
        return tables.append('\n').toString();
    }

    private static String title(Keys.Use use) {
        return switch (use) {
            case ESSENTIAL -> "Essential";
            case OFTEN -> "Often set";
            case RARE -> "Rarely set";
        };
    }

    /** A bar would end the cell; a word in angle brackets would be taken for HTML. */
    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
