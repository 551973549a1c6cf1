package io.roomwire.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which log a room has, by the beginning of its id. The longest prefix that fits counts; a room that none fits is durable,
 * in the best log that there is. Immutable.
 */
public final class RoomRules {
    /** Where a room's messages go. */
    public enum Kind {
        /** The best log there is: PostgreSQL, else Redis, else memory. */
        DURABLE,
        REDIS_LOG,
        EPHEMERAL
    }

    private record Rule(String prefix, Kind kind) {}

    private final List<Rule> rules; // the longest prefix first

    private RoomRules(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    static RoomRules of(Settings settings) {
        List<Rule> rules = new ArrayList<>();
        add(rules, Keys.ROOMS_EPHEMERAL, Kind.EPHEMERAL, settings);
        if (add(rules, Keys.ROOMS_REDIS_LOG, Kind.REDIS_LOG, settings)
                && settings.get(Keys.REDIS_URI).isEmpty()) {
            throw settings.wrong(Keys.ROOMS_REDIS_LOG, "nothing while redis.uri is empty");
        }
        if (add(rules, Keys.ROOMS_DURABLE, Kind.DURABLE, settings)
                && settings.get(Keys.POSTGRES_URI).isBlank()) {
            throw settings.wrong(Keys.ROOMS_DURABLE, "nothing while postgres.uri is empty");
        }
        rules.sort(Comparator.comparingInt((Rule rule) -> rule.prefix.length()).reversed());
        return new RoomRules(rules);
    }

    /** Returns whether the key has any rules. */
    private static boolean add(List<Rule> rules, Key<List<String>> key, Kind kind, Settings settings) {
        List<String> prefixes = settings.get(key);
        for (String prefix : prefixes) {
            for (Rule rule : rules) {
                if (rule.prefix.equals(prefix) && rule.kind != kind) {
                    throw settings.wrong(key, "no prefix that another key has too, such as \"" + prefix + "\"");
                }
            }
            rules.add(new Rule(prefix, kind));
        }
        return !prefixes.isEmpty();
    }

    /** Whether any rule is of that kind. */
    public boolean name(Kind kind) {
        return rules.stream().anyMatch(rule -> rule.kind == kind);
    }

    /** What the room of that id is. */
    public Kind of(String room) {
        for (Rule rule : rules) {
            if (room.startsWith(rule.prefix)) {
                return rule.kind;
            }
        }
        return Kind.DURABLE;
    }
}
