package io.roomwire;

import io.roomwire.config.Config;
import io.roomwire.config.ConfigException;
import io.roomwire.config.Faults;
import io.roomwire.config.Key;
import io.roomwire.config.Keys;
import io.roomwire.config.Settings;
import io.roomwire.redis.RedisClients;
import io.roomwire.transport.Server;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line. Exit codes: 0 an orderly end, 1 could not start, 2 wrong usage or configuration. */
@Command(
        name = "roomwire",
        description = "Real-time rooms over WebSocket. Without a command it serves.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionText.class,
        subcommands = {Main.Serve.class, Main.ShowConfig.class, Main.AskHealth.class, TokenCommand.class, Erase.class})
public final class Main implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int WRONG_CONFIGURATION = 2;

    @Mixin
    private Flags flags = new Flags();

    @Spec
    private @Nullable CommandSpec spec;

    public static void main(String[] args) {
        CommandLine commandLine = commandLine();
        String lost = PlatformText.lost(args, System.getenv());
        if (lost != null) {
            commandLine.getErr().println("roomwire: " + lost);
            System.exit(WRONG_CONFIGURATION);
        }
        System.exit(commandLine.execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler((error, commandLine, parsed) -> complain(error, commandLine));
    }

    private static int complain(Exception error, CommandLine commandLine) throws Exception {
        if (error instanceof ConfigException || error instanceof IOException) {
            String.valueOf(error.getMessage())
                    .lines()
                    .forEach(line -> commandLine.getErr().println("roomwire: " + line));
            return error instanceof ConfigException ? WRONG_CONFIGURATION : FAILED;
        }
        throw error;
    }

    @Override
    public Integer call() throws Exception {
        return serve(flags, out(spec));
    }

    static PrintWriter out(@Nullable CommandSpec spec) {
        return spec == null
                ? new PrintWriter(System.out, true, java.nio.charset.StandardCharsets.UTF_8)
                : spec.commandLine().getOut();
    }

    private static int serve(Flags flags, PrintWriter out) throws IOException, InterruptedException {
        Settings settings = flags.settings();
        Config config = Config.of(settings);
        logAs(config.logging());
        Node node = new Node(config);
        Node.Addresses addresses;
        try {
            addresses = node.start();
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
        Logger log = LoggerFactory.getLogger(Main.class);
        settings.warnings().forEach(log::warn);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node), "roomwire-drain"));
        out.println(banner(config, addresses));
        out.flush();
        throw await(node.mustEnd()); // until the process is told to end, as a rule
    }

    private static ConfigException await(CompletableFuture<ConfigException> reason) throws InterruptedException {
        try {
            return reason.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An orderly end has exit code 0; the JVM's own would be 143 after SIGTERM. */
    private static void end(Node node) {
        int code = FAILED;
        try {
            if (node.mustEnd().isDone()) {
                node.leave();
                code = WRONG_CONFIGURATION;
            } else {
                node.drain();
                code = 0;
            }
        } finally {
            Runtime.getRuntime().halt(code);
        }
    }

    private static String banner(Config config, Node.Addresses addresses) {
        String clients = hostAndPort(addresses.clients());
        String tls = config.tls().isPresent() ? "s" : "";
        return "roomwire " + Version.TEXT + " ready: node=" + config.nodeId()
                + " clients=ws" + tls + "://" + clients + "/ws"
                + " demo=http" + tls + "://" + clients + "/"
                + " ops=http://" + hostAndPort(addresses.ops()) + "/";
    }

    /** An address that this machine can reach; an unresolved host stays as it is. */
    private static String hostAndPort(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        if (ip == null) {
            return address.getHostString() + ":" + address.getPort();
        }
        String host = ip.isAnyLocalAddress() ? "localhost" : ip.getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /** Has to come before the first logger is made. */
    static void logAs(Config.Logging logging) {
        System.setProperty("roomwire.log.level", logging.level().name());
        System.setProperty(
                "logback.configurationFile",
                "io/roomwire/logback-" + logging.format().name().toLowerCase(Locale.ROOT) + ".xml");
    }

    /** What can be set on the command line. */
    static final class Flags {
        @Option(names = "--config", paramLabel = "FILE", description = "Configuration file.")
        private @Nullable Path config;

        @Option(names = "--host", description = "Address that clients connect to.")
        private @Nullable String host;

        @Option(
                names = "--insecure",
                description = "Lets everybody in as anybody, from other machines too; for networks that you trust.")
        private boolean insecure;

        @Option(names = "--port", description = "Port for clients; 0 picks a free one.")
        private @Nullable String port;

        @Option(names = "--ops-port", paramLabel = "PORT", description = "Port for operations; 0 picks a free one.")
        private @Nullable String opsPort;

        @Option(names = "--redis", paramLabel = "URI", description = "Redis, for more than one node.")
        private @Nullable String redis;

        @Option(names = "--postgres", paramLabel = "URI", description = "PostgreSQL, for a durable history.")
        private @Nullable String postgres;

        @Option(
                names = "--set",
                paramLabel = "KEY=VALUE",
                description = "Any key; `roomwire config` lists them. May be given several times.")
        private Map<String, String> set = new java.util.LinkedHashMap<>();

        Settings settings() {
            Map<String, String> all = new java.util.LinkedHashMap<>(set);
            put(all, "host", host);
            put(all, "insecure", insecure ? "true" : null);
            put(all, "port", port);
            put(all, "ops-port", opsPort);
            put(all, "redis.uri", redis);
            put(all, "postgres.uri", postgres);
            return Settings.load(config, System.getenv(), all);
        }

        private static void put(Map<String, String> all, String key, @Nullable String value) {
            if (value != null) {
                all.put(key, value);
            }
        }
    }

    @Command(name = "serve", description = "Runs a node (the default).", mixinStandardHelpOptions = true)
    static final class Serve implements Callable<Integer> {
        @Mixin
        private Flags flags = new Flags();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            return serve(flags, out(spec));
        }
    }

    @Command(
            name = "config",
            description = "Shows the effective configuration and where each value came from.",
            mixinStandardHelpOptions = true)
    static final class ShowConfig implements Callable<Integer> {
        @Mixin
        private Flags flags = new Flags();

        @Option(names = "--check", description = "Only says whether it can be used.")
        private boolean check;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            Settings settings = flags.settings();
            Config config = Config.of(settings);
            logAs(config.logging()); // the libraries that look at files and URIs log
            check(config);
            PrintWriter out = out(spec);
            settings.warnings().forEach(warning -> out.println("warning: " + warning));
            if (check) {
                out.println("configuration is usable");
                return 0;
            }
            for (Key<?> key : Keys.all()) {
                out.printf("%-32s %-28s # %s%n", key.name(), settings.shown(key), settings.origin(key));
            }
            return 0;
        }
    }

    /** What a start would refuse before it talks to any server. */
    private static void check(Config config) {
        Faults faults = new Faults();
        Server.check(config, faults);
        if (config.redis().isSet()) {
            faults.in(() -> RedisClients.check(config.redis()));
        }
        faults.refuse();
    }

    /** For a health check in an image that has no tool for HTTP. */
    @Command(
            name = "health",
            description = "Asks the node on this machine whether clients can be sent to it; exit code 0 if so, else 1.",
            mixinStandardHelpOptions = true)
    static final class AskHealth implements Callable<Integer> {
        @Mixin
        private Flags flags = new Flags();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Config config = Config.of(flags.settings());
            Readiness.Answer answer =
                    Readiness.ask(hostAndPort(new InetSocketAddress(config.opsHost(), config.opsPort())));
            out(spec).println(answer.text());
            return answer.ready() ? 0 : FAILED;
        }
    }

    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"roomwire " + Version.TEXT};
        }
    }
}
