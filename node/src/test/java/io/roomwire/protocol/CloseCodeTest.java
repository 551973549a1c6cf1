package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.roomwire.ops.Metrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CloseCodeTest {
    private static final Path PAGE = Path.of("../docs/protocol.md");

    /** RFC 6455, section 5.5: 125 bytes of a control frame, of which the code takes two. */
    private static final int MAX_REASON_BYTES = 123;

    @ParameterizedTest
    @EnumSource
    void aCodeHasAReasonThatFitsIntoACloseFrame(CloseCode code) {
        assertThat(code.reason()).isNotBlank();
        assertThat(code.reason().getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(MAX_REASON_BYTES);
    }

    @ParameterizedTest
    @EnumSource
    void aCodeIsCountedByItselfFromTheStart(CloseCode code) {
        try (Metrics metrics = new Metrics()) {
            metrics.connectionClosed(code.code());
            assertThat(metrics.scrape())
                    .contains("roomwire_connections_closed_total{code=\"" + code.code() + "\"} 1.0");
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NORMAL") // the client's own goodbye
    void theProtocolPageHasTheCodeInTheRangeThatSaysWhatToDo(CloseCode code) throws IOException {
        assertThat(codesInTheRowOf(code.code()))
                .as("codes beside the range of %s in %s", code, PAGE)
                .contains(code.code());
    }

    /** The codes of the row whose range holds the given one. */
    private static Set<Integer> codesInTheRowOf(int code) throws IOException {
        Set<Integer> codes = new TreeSet<>();
        for (String line : Files.readAllLines(PAGE)) {
            String[] cells = line.split("\\|", -1);
            if (cells.length == 5 && isIn(cells[1], code)) {
                Matcher each = Pattern.compile("\\b[1-4]\\d{3}\\b").matcher(cells[3]);
                while (each.find()) {
                    codes.add(Integer.parseInt(each.group()));
                }
            }
        }
        return codes;
    }

    private static boolean isIn(String range, int code) {
        Matcher fromTo = Pattern.compile(" (\\d{4}) to (\\d{4}) ").matcher(range);
        if (fromTo.matches()) {
            return Integer.parseInt(fromTo.group(1)) <= code && code <= Integer.parseInt(fromTo.group(2));
        }
        return range.matches("[ ,\\d]+") && range.contains(String.valueOf(code));
    }
}
