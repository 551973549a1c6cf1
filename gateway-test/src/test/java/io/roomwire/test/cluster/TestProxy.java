package io.roomwire.test.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Stands between nodes and their Redis, and breaks what no client sees: connections that stay open and no longer do what
 * they are for. Each fault is of the connections that there are at that moment; later ones are sound.
 *
 * <p>Any thread may call.
 */
public final class TestProxy implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 << 10;

    private final ServerSocket listening;
    private final Set<Pipe> pipes = ConcurrentHashMap.newKeySet();
    private volatile URI target;
    private volatile String[] said = {"", ""};

    private TestProxy(URI target) throws IOException {
        this.target = target;
        listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    }

    public static TestProxy before(TestRedis redis) {
        try {
            TestProxy proxy = new TestProxy(URI.create(redis.uri()));
            start("proxy-accept", proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What connections are for. */
    public enum Kind {
        COMMANDS,
        SUBSCRIPTION
    }

    public String uri() {
        return "redis://127.0.0.1:" + listening.getLocalPort();
    }

    /** Redis forgets what was subscribed, and the node is not told; Redis answers to all else. */
    public void forgetSubscriptions() {
        pipes.forEach(Pipe::forgetSubscriptions);
    }

    /** From now on the node is told other words in place of those; as many bytes. */
    public void replace(String words, String others) {
        said = new String[] {words, others};
    }

    /** The node hears nothing any more on connections of that kind; Redis still hears the node. */
    public void silence(Kind kind) {
        pipes.stream().filter(pipe -> pipe.kind == kind).forEach(pipe -> pipe.silenced = true);
    }

    /** Another Redis takes over, and only connections for commands break: subscriptions stay with the old one. */
    public void failOver(TestRedis next) {
        target = URI.create(next.uri());
        pipes.stream().filter(pipe -> pipe.kind == Kind.COMMANDS).forEach(Pipe::close);
    }

    private void accept() {
        try {
            while (true) {
                Socket node = listening.accept();
                Pipe pipe = new Pipe(node, new Socket(target.getHost(), target.getPort()));
                pipes.add(pipe);
                start("proxy-to-redis", pipe::toRedis);
                start("proxy-to-node", pipe::toNode);
            }
        } catch (IOException e) {
            // closed by the test, or its Redis is gone
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pipes.forEach(Pipe::close);
    }

    /** One connection. */
    private final class Pipe {
        private final Socket node;
        private final Socket redis;
        private volatile Kind kind = Kind.COMMANDS;
        private volatile boolean silenced;

        Pipe(Socket node, Socket redis) {
            this.node = node;
            this.redis = redis;
        }

        void toRedis() {
            pump(node, redis, chunk -> {
                if (has(chunk, "SUBSCRIBE\r\n")) {
                    kind = Kind.SUBSCRIPTION;
                }
                return true;
            });
        }

        void toNode() {
            pump(redis, node, chunk -> !silenced && !has(chunk, "\r\nunsubscribe\r\n"));
        }

        /** An inline command, which may stand between two others: nodes write whole ones. */
        void forgetSubscriptions() {
            if (kind == Kind.SUBSCRIPTION) {
                try {
                    write(redis.getOutputStream(), "UNSUBSCRIBE\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private void pump(Socket from, Socket to, Predicate<byte[]> passes) {
            byte[] buffer = new byte[CHUNK_BYTES];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    byte[] chunk = Arrays.copyOf(buffer, count);
                    if (passes.test(chunk)) {
                        write(out, from == redis ? replaced(chunk, said) : chunk);
                    }
                }
            } catch (IOException e) {
                // one of the two has closed, so the other is closed too
            } finally {
                close();
            }
        }

        private void write(OutputStream out, byte[] bytes) throws IOException {
            synchronized (out) {
                out.write(bytes);
            }
        }

        private static byte[] replaced(byte[] chunk, String[] said) {
            return !said[0].isEmpty() && has(chunk, said[0])
                    ? new String(chunk, StandardCharsets.ISO_8859_1)
                            .replace(said[0], said[1])
                            .getBytes(StandardCharsets.ISO_8859_1)
                    : chunk;
        }

        private static boolean has(byte[] chunk, String text) {
            return new String(chunk, StandardCharsets.ISO_8859_1).contains(text);
        }

        void close() {
            pipes.remove(this);
            try {
                node.close();
                redis.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
