package io.roomwire.test.bench;

import io.roomwire.test.cluster.Program;
import io.roomwire.test.cluster.TestServers;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server that a node can be compared with, and how it is started.
 *
 * @param version what it says of itself, or how it was named
 * @param spansNodes whether several of it are one by a Redis
 */
record PeerKind(String name, String version, Dialect dialect, boolean spansNodes, Launch launch) {
    private static final Path SOURCES = Path.of("src/test/peers").toAbsolutePath();
    private static final List<Path> NGINX_MODULES =
            List.of(Path.of("/usr/lib/nginx/modules"), Path.of("/usr/lib64/nginx/modules"));
    private static final Pattern NUMBERS = Pattern.compile("\\d+(\\.\\d+)+");

    /** Prepares a process. */
    interface Launch {
        /**
         * @param redis where several of it meet; null: it is alone
         * @param folder for its files
         */
        ProcessBuilder on(int port, @Nullable URI redis, Path folder) throws IOException;
    }

    /** Those that are installed here; of the others it says what is missing. */
    static List<PeerKind> installed(@Nullable Path nodeModules, ServerJvm jvm) throws IOException {
        List<PeerKind> found = new ArrayList<>();
        found.add(java("naive-netty", NaiveNetty.class, jvm));
        Optional<Path> node = Program.find("node");
        for (String script : List.of("ws", "socket-io")) {
            Dialect dialect = script.equals("ws") ? Dialect.PLAIN : Dialect.SOCKET_IO;
            String library = script.replace('-', '.');
            if (node.isPresent() && nodeModules != null && Files.isDirectory(nodeModules.resolve(library))) {
                found.add(script(library, node.get(), script, nodeModules, dialect));
            } else {
                missing(
                        library,
                        "node on PATH, and --node-modules DIR with the npm packages ws, socket.io,"
                                + " @socket.io/redis-adapter and redis");
            }
        }
        Optional<Path> nginx = Program.find("nginx");
        Optional<Path> nchan = NGINX_MODULES.stream()
                .map(folder -> folder.resolve("ngx_nchan_module.so"))
                .filter(Files::isRegularFile)
                .findFirst();
        if (nginx.isPresent() && nchan.isPresent()) {
            found.add(nchan(nginx.get(), nchan.get()));
        } else {
            missing("Nchan", "nginx with its module nchan (Debian: nginx, libnginx-mod-nchan)");
        }
        Optional<Path> nats = Program.find("nats-server");
        if (nats.isPresent()) {
            found.add(nats(nats.get()));
        } else {
            missing("NATS", "nats-server");
        }
        return found;
    }

    private static void missing(String name, String what) {
        Runs.progress(name + " is left out, it needs " + what);
    }

    /**
     * Any program that listens on the port that is its last argument, and gives each text frame of anybody to everybody.
     *
     * @param command words with spaces between them
     */
    static PeerKind program(String name, String command) {
        List<String> words = List.of(command.trim().split("\\s+", -1));
        return new PeerKind(name, "`" + command + "`", Dialect.PLAIN, false, (port, redis, folder) -> {
            List<String> line = new ArrayList<>(words);
            line.add("" + port);
            return new ProcessBuilder(line)
                    .directory(Bench.callers().toAbsolutePath().toFile());
        });
    }

    /** A server in Java, started as a node is. */
    private static PeerKind java(String name, Class<?> main, ServerJvm jvm) {
        return new PeerKind(
                name,
                "Netty of the benchmark itself",
                Dialect.PLAIN,
                false,
                (port, redis, folder) -> JavaProcess.of(main, List.of(jvm.flags()), "" + port));
    }

    private static PeerKind script(String name, Path node, String script, Path nodeModules, Dialect dialect)
            throws IOException {
        String version = version(Files.readString(nodeModules.resolve(name).resolve("package.json")), "\"version\"");
        String of = version + ", Node.js " + version(said(node, "--version"), "");
        return new PeerKind(name, of, dialect, true, (port, redis, folder) -> {
            ProcessBuilder builder = new ProcessBuilder(
                    node.toString(), SOURCES.resolve(script + ".js").toString(), "" + port);
            builder.environment().put("NODE_PATH", nodeModules.toString());
            builder.environment().put("NODE_ENV", "production");
            if (redis != null) {
                builder.environment().put("REDIS_URI", redis.toString());
            }
            return builder;
        });
    }

    private static PeerKind nchan(Path nginx, Path module) throws IOException {
        String version = "nginx " + version(said(nginx, "-v"), "nginx/") + " with its package of Nchan, one worker";
        return new PeerKind("Nchan", version, Dialect.NCHAN, true, (port, redis, folder) -> {
            Path file = filled(
                    "nchan.conf",
                    folder,
                    Map.of(
                            "MODULE",
                            module.toString(),
                            "PORT",
                            "" + port,
                            "REDIS",
                            redis == null ? "" : "upstream redis { nchan_redis_server " + redis + "; }",
                            "REDIS_PASS",
                            redis == null ? "" : "nchan_redis_pass redis;"));
            return new ProcessBuilder(nginx.toString(), "-p", folder.toString(), "-c", file.toString());
        });
    }

    private static PeerKind nats(Path server) throws IOException {
        String version = version(said(server, "--version"), "");
        return new PeerKind("NATS", version, Dialect.NATS, false, (port, redis, folder) -> {
            Path file =
                    filled("nats.conf", folder, Map.of("PORT", "" + port, "OTHER_PORT", "" + TestServers.freePort()));
            return new ProcessBuilder(server.toString(), "-c", file.toString());
        });
    }

    private static Path filled(String name, Path folder, Map<String, String> values) throws IOException {
        String text = Files.readString(SOURCES.resolve(name)).replace("@FOLDER@", folder.toString());
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("@" + value.getKey() + "@", value.getValue());
        }
        return Files.writeString(folder.resolve(name), text);
    }

    private static String said(Path program, String argument) throws IOException {
        Process process = new ProcessBuilder(program.toString(), argument)
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** The first version number behind a word. */
    private static String version(String text, String behind) {
        Matcher numbers = NUMBERS.matcher(text);
        return numbers.find(Math.max(0, text.indexOf(behind))) ? numbers.group() : "of unknown version";
    }
}
