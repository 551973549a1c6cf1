package io.roomwire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages that a user reads lead to things that are there, and the first of them is short. */
class DocsTest {
    private static final Path TOP = Path.of("..");
    private static final Path README = TOP.resolve("README.md");
    private static final int MOST_WORDS = 1500; // issue 12: the front door is read in six minutes

    private static final Pattern LINK =
            Pattern.compile("]\\((?!https?:)(?<file>[^)#\\s]*)(?:#(?<heading>[^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (?<title>.+)$");
    private static final Pattern TEST = Pattern.compile("`(?<type>\\w+Test)`");

    @Test
    void everyLinkLeadsToAFileAndAHeadingThatAreThere() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path page : pages()) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                links++;
                Path target = link.group("file").isEmpty()
                        ? page
                        : page.resolveSibling(link.group("file")).normalize();
                String heading = link.group("heading");
                if (!Files.exists(target)
                        || (heading != null && !headings(target).contains(heading))) {
                    broken.add(page + ": " + link.group());
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(links).isGreaterThan(50);
    }

    @Test
    void theFirstPageIsShort() throws IOException {
        assertThat(Files.readString(README).split("\\s+")).hasSizeLessThanOrEqualTo(MOST_WORDS);
    }

    @Test
    void theTestsThatTheFirstPageNamesAreThere() throws IOException {
        Set<String> sources = new HashSet<>();
        for (String module : List.of("node", "gateway-test")) {
            try (Stream<Path> files = Files.walk(TOP.resolve(module).resolve("src/test/java"))) {
                files.forEach(file -> sources.add(file.getFileName().toString()));
            }
        }
        Matcher test = TEST.matcher(Files.readString(README));
        List<String> named = new ArrayList<>();
        while (test.find()) {
            named.add(test.group("type") + ".java");
        }
        assertThat(named).hasSizeGreaterThan(5);
        assertThat(sources).containsAll(named);
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (Path folder : List.of(TOP, TOP.resolve("docs"), TOP.resolve("docs/decisions"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
            }
        }
        return pages;
    }

    /** The anchors of a page, as GitHub makes them of its headings. */
    private static Set<String> headings(Path page) throws IOException {
        Set<String> anchors = new HashSet<>();
        if (page.toString().endsWith(".md")) {
            Matcher heading = HEADING.matcher(Files.readString(page));
            while (heading.find()) {
                anchors.add(heading.group("title")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'));
            }
        }
        return anchors;
    }
}
