package io.roomwire;

import io.roomwire.auth.Authenticator;
import io.roomwire.auth.JwtAuthenticator;
import io.roomwire.auth.OpenAuthenticator;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.hook.AskingAuthenticator;
import io.roomwire.hook.BackEnd;
import io.roomwire.ops.Health;
import io.roomwire.ops.Metrics;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in, and by whom: everybody, or whoever has a token, and whom the application's back end lets in.
 *
 * <p>One thread makes, starts and closes it; the accessors may be called by any thread.
 */
final class Entrance implements AutoCloseable {
    private final Config config;
    private final Revocations revocations;
    private final BackEnd backEnd;
    private final @Nullable JwtAuthenticator tokens;
    private final Authenticator authenticator;

    Entrance(Config config) {
        this.config = config;
        revocations =
                new Revocations(config.auth().maxAgeMs() + 2 * config.auth().skewMs(), System::currentTimeMillis);
        backEnd = new BackEnd(config.hook());
        tokens = config.auth().isOpen()
                ? null
                : new JwtAuthenticator(config.auth(), System::currentTimeMillis, revocations);
        authenticator = tokens == null ? new OpenAuthenticator() : new AskingAuthenticator(tokens, backEnd);
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Revocations revocations() {
        return revocations;
    }

    BackEnd backEnd() {
        return backEnd;
    }

    /** Fetches keys, where they come from a URL. */
    void start(Health health, Metrics metrics) {
        metrics.gauge("roomwire.revocations", "Users whose older tokens are revoked", revocations, Revocations::count);
        if (config.hook().url() != null) {
            measureHook(health, metrics);
        }
        if (tokens != null) {
            startTokens(tokens, health, metrics);
        }
    }

    private void measureHook(Health health, Metrics metrics) {
        backEnd.times(metrics.times("roomwire.hook", "From asking the back end to its answer"));
        metrics.count("roomwire.hook.denied", "Questions to which the back end said no", backEnd, BackEnd::denied);
        metrics.count("roomwire.hook.failed", "Questions without an answer of the back end", backEnd, BackEnd::failed);
        health.part("hook", backEnd::state);
    }

    private static void startTokens(JwtAuthenticator tokens, Health health, Metrics metrics) {
        tokens.start();
        health.part("token-keys", () -> tokens.hasFreshKeys() ? Health.UP : Health.DOWN);
        metrics.gauge(
                "roomwire.token.keys.fresh",
                "1 while the keys that tokens are checked with are those that are published",
                tokens,
                each -> each.hasFreshKeys() ? 1 : 0);
    }

    @Override
    public void close() {
        authenticator.close();
        backEnd.close();
    }
}
