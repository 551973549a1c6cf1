package io.roomwire.redis;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands that a server gets, in order, as its {@code MONITOR} tells them. */
public final class RedisMonitor implements AutoCloseable {
    private static final Pattern WORD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    private final Socket socket;
    private final Set<String> wanted;
    private final List<List<String>> commands = new CopyOnWriteArrayList<>();
    private final AtomicBoolean listening = new AtomicBoolean();

    /** @param names of the commands that count */
    public RedisMonitor(int port, String... names) {
        wanted = Set.of(names);
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread reader = new Thread(this::read, "redis-monitor");
        reader.setDaemon(true);
        reader.start();
        await().until(listening::get);
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                listening.set(true);
                List<String> words = new ArrayList<>();
                for (Matcher word = WORD.matcher(line); word.find(); ) {
                    words.add(word.group(1));
                }
                if (!words.isEmpty() && wanted.contains(words.get(0))) {
                    commands.add(words);
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    public List<List<String>> commands() {
        return List.copyOf(commands);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
