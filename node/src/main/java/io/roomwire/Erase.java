package io.roomwire;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.PostgresServer;
import io.roomwire.history.Erasing;
import io.roomwire.history.PostgresErasure;
import io.roomwire.history.RedisErasure;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.redis.RedisClients;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code roomwire erase}: takes the content out of stored messages, in every log that the configuration names. */
@Command(
        name = "erase",
        description = "Takes the content out of stored messages; their places stay. Nodes may run meanwhile.",
        mixinStandardHelpOptions = true)
final class Erase implements Callable<Integer> {
    @Mixin
    private Main.Flags flags = new Main.Flags();

    @Option(names = "--room", paramLabel = "ROOM", description = "Messages of this room.")
    private @Nullable String room;

    @Option(names = "--user", paramLabel = "USER", description = "Messages that this user sent, to whatever room.")
    private @Nullable String user;

    @Option(names = "--yes", description = "Do it; without, only says how many messages it would be.")
    private boolean yes;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Config config = Config.of(flags.settings());
        Main.logAs(config.logging());
        Erasing what = what();
        PrintWriter out = Main.out(spec);
        if (config.postgres().servers().isEmpty() && !config.redis().isSet()) {
            throw new ConfigException(
                    "erase: neither postgres.uri nor redis.uri is set; what a node keeps in its own memory"
                            + " is gone when it ends, and cannot be reached from here");
        }
        long all = 0;
        for (PostgresServer server : config.postgres().servers()) {
            all += say(out, "PostgreSQL " + server, new PostgresErasure(config.postgres(), server).run(what, yes));
        }
        if (config.redis().isSet()) {
            try (RedisClients redis = new RedisClients(config.redis())) {
                all += say(out, "Redis", RedisErasure.start(redis).run(what, yes));
            }
        }
        if (!yes && all > 0) {
            out.println("nothing was changed: give --yes to erase them");
        }
        return 0;
    }

    private Erasing what() {
        if (room == null && user == null) {
            throw new ConfigException("erase: say what, by --room, --user or both");
        }
        try {
            return new Erasing(room == null ? null : new RoomId(room), user == null ? null : new UserId(user));
        } catch (RequestException e) {
            throw new ConfigException("erase: " + e.message());
        }
    }

    private long say(PrintWriter out, String where, long count) {
        out.println(where + ": " + count + (yes ? " messages erased" : " messages would be erased"));
        return count;
    }
}
