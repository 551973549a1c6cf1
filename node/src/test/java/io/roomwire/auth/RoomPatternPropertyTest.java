package io.roomwire.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RoomPatternPropertyTest {
    /** Few letters, so that parts overlap and repeat. */
    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.strings().withChars('a', 'b', '*').ofMinLength(1).ofMaxLength(12);
    }

    @Provide
    Arbitrary<String> ids() {
        return Arbitraries.strings().withChars('a', 'b').ofMinLength(1).ofMaxLength(20);
    }

    @Property(tries = 5000)
    void itMatchesWhatTheSameRegularExpressionDoes(@ForAll("patterns") String pattern, @ForAll("ids") String id) {
        String regex =
                Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));

        assertThat(new RoomPattern(pattern).matches(id)).isEqualTo(Pattern.matches(regex, id));
    }
}
