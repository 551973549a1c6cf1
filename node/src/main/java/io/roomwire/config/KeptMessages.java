package io.roomwire.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How many of their newest messages the rooms of a prefix show.
 *
 * @param prefix of the room id; empty for all rooms
 * @param messages at least 1
 */
public record KeptMessages(String prefix, long messages) {
    /** The longest prefix first, so that the first one that fits is the one that counts. */
    static List<KeptMessages> all(Settings settings) {
        List<KeptMessages> all = new ArrayList<>();
        for (String rule : settings.get(Keys.POSTGRES_RETENTION_MESSAGES)) {
            int equals = rule.lastIndexOf('=');
            long messages = equals < 0 ? 0 : number(rule.substring(equals + 1));
            if (messages < 1) {
                throw settings.wrong(
                        Keys.POSTGRES_RETENTION_MESSAGES, "a list of PREFIX=MESSAGES, such as \"lobby:=1000\"");
            }
            all.add(new KeptMessages(rule.substring(0, equals), messages));
        }
        all.sort(Comparator.comparingInt((KeptMessages rule) -> rule.prefix().length())
                .reversed());
        return List.copyOf(all);
    }

    private static long number(String digits) {
        try {
            return Long.parseLong(digits.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
