package io.roomwire.auth;

import java.util.ArrayList;
import java.util.List;

/**
 * The rooms that a grant is for, or the users: {@code *} stands for any run of characters, also an empty one; everything else for itself.
 *
 * <p>Immutable. {@link #matches} looks at each character of an id at most twice, whatever the pattern: who writes
 * {@code a*a*a*a*b} into a token must not get a loop to count the ways in which that could fit.
 */
final class RoomPattern {
    private static final char ANY = '*';

    private final String first;
    private final String last;

    /** What has to come between first and last, in this order. */
    private final List<Part> middle;

    private final boolean literal;

    RoomPattern(String text) {
        int star = text.indexOf(ANY);
        literal = star < 0;
        first = literal ? text : text.substring(0, star);
        last = literal ? "" : text.substring(text.lastIndexOf(ANY) + 1);
        List<Part> parts = new ArrayList<>();
        while (star >= 0) {
            int next = text.indexOf(ANY, star + 1);
            if (next > star + 1) {
                parts.add(new Part(text.substring(star + 1, next)));
            }
            star = next;
        }
        middle = List.copyOf(parts);
    }

    boolean matches(String id) {
        if (literal) {
            return id.equals(first);
        }
        int to = id.length() - last.length();
        if (to < first.length() || !id.startsWith(first) || !id.endsWith(last)) {
            return false;
        }
        int at = first.length();
        for (Part part : middle) {
            // The first place is as good as any: it leaves most to those that follow.
            at = part.endIn(id, at, to);
            if (at < 0) {
                return false;
            }
        }
        return true;
    }

    /** Knuth, Morris and Pratt: a search that never goes back in the text. */
    private static final class Part {
        private final String text;

        /** For each beginning of the text: the length of its longest proper beginning that is also its end. */
        private final int[] borders;

        Part(String text) {
            this.text = text;
            borders = new int[text.length()];
            for (int i = 1; i < borders.length; i++) {
                borders[i] = step(borders[i - 1], text.charAt(i));
            }
        }

        /** How much of the text is matched after one more character. */
        private int step(int matched, char next) {
            int length = matched;
            while (length > 0 && text.charAt(length) != next) {
                length = borders[length - 1];
            }
            return text.charAt(length) == next ? length + 1 : 0;
        }

        /** The index behind the first place of the text in that range of the id, or -1. */
        int endIn(String id, int from, int to) {
            int matched = 0;
            for (int i = from; i < to; i++) {
                matched = step(matched, id.charAt(i));
                if (matched == text.length()) {
                    return i + 1;
                }
            }
            return -1;
        }
    }
}
