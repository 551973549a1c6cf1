package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import redis.embedded.RedisExecProvider;

/** A real Redis on a free port of the loopback, without data on disk; from the binary that the build brings. */
public final class RedisProcess implements AutoCloseable {
    /** The names of a deployment whose prefix is not set. */
    public static final RoomKeys KEYS = new RoomKeys(Redis.PREFIX);

    private final int port;
    private final List<String> command;
    private Process process;

    private RedisProcess(int port, List<String> command) {
        this.port = port;
        this.command = command;
        process = start();
    }

    public static RedisProcess standalone() {
        return with(freePort());
    }

    /** A server with more options, on that port. */
    public static RedisProcess with(int port, String... options) {
        List<String> command = new ArrayList<>(List.of(binary(), "--port", String.valueOf(port)));
        command.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory()));
        command.addAll(List.of(options));
        return new RedisProcess(port, command);
    }

    /** A server that speaks TLS alone, and asks for no certificate of its clients. */
    static RedisProcess withTls(int port, Path certificate, Path key) {
        return with(
                port,
                "--port",
                "0",
                "--tls-port",
                String.valueOf(port),
                "--tls-cert-file",
                certificate.toString(),
                "--tls-key-file",
                key.toString(),
                "--tls-auth-clients",
                "no");
    }

    /** A server that follows this one. */
    public RedisProcess replica() {
        return with(freePort(), "--replicaof", "127.0.0.1 " + port, "--repl-diskless-sync-delay", "0");
    }

    /** A Sentinel that watches that master by the name {@code main}, and is quick to give it up. */
    public static RedisProcess sentinel(int masterPort) {
        try {
            Path file = Files.createTempFile("sentinel", ".conf");
            Files.writeString(
                    file,
                    "sentinel monitor main 127.0.0.1 " + masterPort + " 1\n"
                            + "sentinel down-after-milliseconds main 1000\n"
                            + "sentinel failover-timeout main 2000\n");
            int port = freePort();
            return new RedisProcess(
                    port,
                    List.of(
                            binary(),
                            file.toString(),
                            "--sentinel",
                            "--port",
                            String.valueOf(port),
                            "--bind",
                            "127.0.0.1",
                            "--dir",
                            directory()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String binary() {
        try {
            File file = RedisExecProvider.defaultProvider().get();
            return file.getAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String directory() {
        try {
            return Files.createTempDirectory("redis").toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start() {
        try {
            Process started = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            await().atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(5))
                    .until(this::answers);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public int port() {
        return port;
    }

    public Redis config() {
        return new Redis("redis://127.0.0.1:" + port, RedisMode.STANDALONE, 2000, "");
    }

    /** Clients that are connected; the caller closes them. */
    public RedisClients connect() {
        return connect(config());
    }

    public static RedisClients connect(Redis config) {
        RedisClients clients = new RedisClients(config);
        String unreachable = clients.start();
        if (unreachable != null) {
            clients.close();
            throw new IllegalStateException(unreachable);
        }
        return clients;
    }

    /** SIGSTOP: it holds its connections and answers nothing. */
    public void pause() {
        signal("STOP");
    }

    /** SIGCONT. */
    public void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            int rc = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (rc != 0) {
                throw new IllegalStateException("kill -" + name + " ended with " + rc);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Asks it by a connection of its own. */
    public <T> T ask(Function<RedisCommands<String, String>, T> question) {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + port);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    /** What it says of itself, such as {@code role} in the section {@code replication}. */
    public String info(String section, String field) {
        return ask(commands -> commands.info(section))
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1))
                .findFirst()
                .orElse("");
    }

    /** {@code ACL} and those words, such as {@code SETUSER default -subscribe}. */
    public void acl(String words) {
        CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
        Stream.of(words.split(" ", -1)).forEach(args::add);
        ask(commands -> commands.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), args));
    }

    /** How often it has answered with an error of that kind, such as {@code MISCONF}. */
    public long errors(String kind) {
        String counted = info("errorstats", "errorstat_" + kind); // count=7
        return counted.isEmpty() ? 0 : Long.parseLong(counted, counted.indexOf('=') + 1, counted.length(), 10);
    }

    /** It cannot save to its disk: it refuses writes, and answers with an error to pings too. */
    public void failToSave() {
        ask(commands -> {
            commands.configSet("save", "3600 1"); // without any it would not mind
            return snapshot(commands, Files::createDirectory); // in the way of the file
        });
        await().until(() -> info("persistence", "rdb_last_bgsave_status").equals("err"));
    }

    /** The disk is well again. */
    public void saveAgain() {
        ask(commands -> snapshot(commands, file -> {
            Files.delete(file);
            return file;
        }));
        await().until(() -> info("persistence", "rdb_last_bgsave_status").equals("ok"));
    }

    private interface Change {
        Path apply(Path file) throws IOException;
    }

    private static String snapshot(RedisCommands<String, String> commands, Change first) {
        String directory = commands.configGet("dir").get("dir");
        try {
            first.apply(Path.of(directory, commands.configGet("dbfilename").get("dbfilename")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return commands.bgsave();
    }

    /** The process is gone, and all that it held with it. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    public void restart() {
        kill();
        process = start();
    }

    @Override
    public void close() {
        kill();
    }
}
