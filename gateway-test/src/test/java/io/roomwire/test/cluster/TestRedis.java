package io.roomwire.test.cluster;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;
import redis.embedded.RedisExecProvider;

/**
 * A real Redis: the one that {@code ROOMWIRE_TEST_REDIS} names, else a container where a Docker engine answers, else a
 * process from the binary that the build brings. Only the last can be killed and paused.
 */
public final class TestRedis implements AutoCloseable {
    private static final String GIVEN = System.getenv("ROOMWIRE_TEST_REDIS");
    private static final DockerImageName IMAGE = DockerImageName.parse("redis:7.2");
    private static final int CONTAINER_PORT = 6379;

    private final String uri;
    private final List<String> command;
    private final GenericContainer<?> container;
    private Process process;

    private TestRedis(String uri, List<String> command, GenericContainer<?> container) {
        this.uri = uri;
        this.command = command;
        this.container = container;
    }

    public static TestRedis start() {
        if (GIVEN != null) {
            TestServers.say("Redis", "given by ROOMWIRE_TEST_REDIS");
            return new TestRedis(GIVEN, List.of(), null);
        }
        if (DockerClientFactory.instance().isDockerAvailable()) {
            TestServers.say("Redis", "container " + IMAGE);
            GenericContainer<?> container = new GenericContainer<>(IMAGE).withExposedPorts(CONTAINER_PORT);
            container.start();
            String uri = "redis://" + container.getHost() + ":" + container.getMappedPort(CONTAINER_PORT);
            return new TestRedis(uri, List.of(), container);
        }
        return process();
    }

    /** One that can be killed and paused. It keeps nothing: killed, it comes back empty. */
    public static TestRedis process() {
        return process(List.of());
    }

    /** One that can be killed and paused, and comes back with all that it ever answered to. */
    public static TestRedis keeping() {
        return process(List.of("--appendonly", "yes", "--appendfsync", "always"));
    }

    /** As {@link #process()}; asks for a password, which {@link #uri()} has. */
    public static TestRedis withPassword(String password) {
        return process(List.of("--requirepass", password), ":" + password + "@");
    }

    private static TestRedis process(List<String> settings) {
        return process(settings, "");
    }

    private static TestRedis process(List<String> settings, String credentials) {
        int port = TestServers.freePort();
        String uri = "redis://" + credentials + "127.0.0.1:" + port;
        TestRedis redis = new TestRedis(uri, command(port, settings), null);
        TestServers.say("Redis", "process of " + redis.command.get(0));
        redis.run();
        return redis;
    }

    private static List<String> command(int port, List<String> settings) {
        try {
            File binary = RedisExecProvider.defaultProvider().get();
            Path directory = Files.createTempDirectory("roomwire-redis");
            List<String> command = new ArrayList<>(List.of(
                    binary.getAbsolutePath(),
                    "--port",
                    String.valueOf(port),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--dir",
                    directory.toString()));
            command.addAll(settings);
            return List.copyOf(command);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no Redis to be had: install redis-server and name it in ROOMWIRE_TEST_REDIS=redis://host:port", e);
        }
    }

    private void run() {
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("Redis answers").atMost(Duration.ofSeconds(30)).until(this::answers);
    }

    private boolean answers() {
        int port = Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            socket.setSoTimeout(500);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
            // and no other error, such as that it still reads its file
            return answer != null && (answer.startsWith("+") || answer.startsWith("-NOAUTH"));
        } catch (IOException e) {
            return false;
        }
    }

    public String uri() {
        return uri;
    }

    /** Publishes raw bytes, each text in Latin 1, as anybody might who reaches this Redis. */
    public void publish(String channel, List<String> messages) {
        RedisClient client = RedisClient.create(uri);
        try (var connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE))) {
            messages.forEach(each -> connection.sync().publish(channel, each.getBytes(StandardCharsets.ISO_8859_1)));
        } finally {
            client.shutdown();
        }
    }

    /** Commands that its user has no right to from now on. */
    public void refuse(String... commands) {
        List<String> rule = new ArrayList<>(List.of("SETUSER", "default"));
        for (String command : commands) {
            rule.add("-" + command);
        }
        acl(rule);
    }

    /** Takes {@link #refuse} back. */
    public void allowAll() {
        acl(List.of("SETUSER", "default", "+@all"));
    }

    private void acl(List<String> words) {
        CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
        words.forEach(args::add);
        ask(commands -> commands.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), args));
    }

    /** {@code CONFIG SET}. */
    public void configure(String name, String value) {
        ask(commands -> commands.configSet(name, value));
    }

    /** Ends the connections by which somebody listens. */
    public void dropSubscriptions() {
        ask(commands -> commands.clientKill(KillArgs.Builder.typePubsub()));
    }

    private <T> T ask(Function<RedisCommands<String, String>, T> question) {
        RedisClient client = RedisClient.create(uri);
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown();
        }
    }

    /** As one does that was started again, but for its data. */
    public void forgetScripts() {
        ask(commands -> commands.scriptFlush());
    }

    /** How many channels somebody listens to. */
    public int channels() {
        return ask(commands -> commands.pubsubChannels().size());
    }

    /** Of one that is a process. */
    public long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** After {@link #kill}: on the same port, with what this kind of Redis keeps. */
    public void restart() {
        run();
    }

    /** SIGSTOP: it holds its connections and answers nothing. */
    public void pause() {
        TestServers.signal("STOP", process.pid());
    }

    public void resume() {
        TestServers.signal("CONT", process.pid());
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
        if (container != null) {
            container.close();
        }
    }
}
