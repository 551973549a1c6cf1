package io.roomwire.redis;

import io.roomwire.config.Config.Redis;
import io.roomwire.config.Config.RedisMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A name that leads to a server, and later to another, as a managed Redis has one: who is connected stays connected to the
 * server that it led to then.
 */
public final class RedisName implements AutoCloseable {
    private final ServerSocket name;
    private volatile RedisProcess server;

    public RedisName(RedisProcess server) {
        this.server = server;
        try {
            name = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("redis-name", this::accept);
    }

    private static void start(String thread, Runnable what) {
        Thread started = new Thread(what, thread);
        started.setDaemon(true);
        started.start();
    }

    public void leadsTo(RedisProcess other) {
        server = other;
    }

    public Redis config() {
        return new Redis("redis://127.0.0.1:" + name.getLocalPort(), RedisMode.STANDALONE, 1000, "");
    }

    private void accept() {
        while (!name.isClosed()) {
            try {
                Socket node = name.accept();
                Socket redis = new Socket(InetAddress.getLoopbackAddress(), server.port());
                start("redis-name-out", () -> handOn(node, redis));
                start("redis-name-back", () -> handOn(redis, node));
            } catch (IOException e) {
                // closed, or the server is away: the node tries again
            }
        }
    }

    private static void handOn(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            // one of the ends is gone, and the other goes with it
        }
    }

    @Override
    public void close() throws IOException {
        name.close();
    }
}
