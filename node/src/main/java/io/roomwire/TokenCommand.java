package io.roomwire;

import io.roomwire.auth.Right;
import io.roomwire.auth.TokenSigner;
import io.roomwire.config.Auth;
import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Times;
import io.roomwire.protocol.IdRules;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a token with the secret that the node has. */
@Command(
        name = "token",
        description = "Makes a token for development, signed with auth.jwt.secret.",
        mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {
    @Mixin
    private Main.Flags flags = new Main.Flags();

    @Option(names = "--user", required = true, paramLabel = "USER", description = "Who the token is for.")
    private String user = "";

    @Option(
            names = "--room",
            paramLabel = "PATTERN",
            description = "Rooms that it is good for; * stands for any run of characters. May be given several times.")
    private List<String> rooms = new ArrayList<>();

    @Option(
            names = "--can",
            split = ",",
            paramLabel = "RIGHT",
            description = "What it allows there: join, write, history, presence; all of them if left out.")
    private List<String> can = new ArrayList<>();

    @Option(
            names = "--direct",
            paramLabel = "PATTERN",
            description = "Users to whom it allows direct messages; everybody if left out. May be given several times.")
    private List<String> directTo = new ArrayList<>();

    @Option(
            names = "--for",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = "How long it is good for, such as 90s or 1h (${DEFAULT-VALUE} if left out).")
    private String lifetime = "1h";

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        Auth auth = Config.of(flags.settings()).auth();
        if (auth.secret().isEmpty()) {
            throw new ConfigException("auth.jwt.secret: expected a secret to sign with, found none"
                    + " (set ROOMWIRE_AUTH_JWT_SECRET, as for the node)");
        }
        long lifetimeMs = Times.millis("--for", lifetime);
        if (lifetimeMs > auth.maxAgeMs()) {
            throw new ConfigException("--for: expected at most auth.jwt.max-age, found " + lifetime);
        }
        Main.out(spec)
                .println(TokenSigner.sign(
                        auth, userId(auth), rooms, rights(), directTo, System.currentTimeMillis(), lifetimeMs));
        return 0;
    }

    private UserId userId(Auth auth) {
        try {
            UserId named = new UserId(user);
            new IdRules(auth.bidiIds()).check(named);
            return named;
        } catch (RequestException e) {
            throw new ConfigException("--user: " + e.message());
        }
    }

    private Set<Right> rights() {
        Set<Right> rights = EnumSet.noneOf(Right.class);
        for (String name : can) {
            rights.add(right(name));
        }
        return rights.isEmpty() ? EnumSet.allOf(Right.class) : rights;
    }

    private static Right right(String name) {
        for (Right right : Right.values()) {
            if (right.wireName().equals(name.strip())) {
                return right;
            }
        }
        throw new ConfigException("--can: expected join, write, history or presence, found " + name);
    }
}
