package io.roomwire.config;

import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the application's back end is asked by HTTP, beside what tokens allow.
 *
 * @param url null: it is asked nothing
 * @param timeoutMs for an answer, a second try in it
 * @param secret signs the requests; empty: they are not signed
 */
public record Hook(@Nullable URI url, Set<Event> events, long timeoutMs, Secret secret, OnFailure onFailure) {
    /** What it can be asked about. */
    public enum Event {
        /** A token has named a user, at the start or again. */
        CONNECT,
        JOIN,
        /** Also a {@code direct}, with the recipient's personal room. */
        BROADCAST;

        /** As in the configuration and in the request. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What no answer means. */
    public enum OnFailure {
        DENY,
        ALLOW
    }

    /** Whether it is asked about these. */
    public boolean asks(Event event) {
        return url != null && events.contains(event);
    }

    static Hook of(Settings settings, boolean withoutTokens) {
        Hook hook = new Hook(
                SafeUrl.of(settings, Keys.HOOK_URL),
                events(settings),
                settings.get(Keys.HOOK_TIMEOUT),
                settings.get(Keys.HOOK_SECRET),
                settings.get(Keys.HOOK_ON_FAILURE));
        if (withoutTokens && hook.asks(Event.CONNECT)) {
            throw settings.wrong(
                    Keys.HOOK_EVENTS,
                    "join and broadcast alone, since without authentication nobody knows who connects: the first join"
                            + " says so");
        }
        if (!hook.secret().isEmpty() && hook.secret().bytes().length < Auth.MIN_SECRET_BYTES) {
            throw settings.wrong(Keys.HOOK_SECRET, "at least " + Auth.MIN_SECRET_BYTES + " random bytes");
        }
        return hook;
    }

    private static Set<Event> events(Settings settings) {
        Set<Event> events = EnumSet.noneOf(Event.class);
        List<String> names = settings.get(Keys.HOOK_EVENTS);
        for (Event event : Event.values()) {
            if (names.contains(event.wireName())) {
                events.add(event);
            }
        }
        if (events.size() != names.size()) {
            throw settings.wrong(Keys.HOOK_EVENTS, "some of connect, join and broadcast, each once");
        }
        return events;
    }
}
