package io.roomwire.test.dev;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * A socket in the file system, over which one shell after the other gives orders to the {@link Supervisor}. One order a
 * connection: a line of words, answered by an exit code and lines for a person.
 *
 * <p>A socket of the file system, since its file's rights say who may give orders; a port would be open to all users.
 */
final class Control implements AutoCloseable {
    /** No order has more words than that. */
    private static final int MAX_ORDER_BYTES = 1024;

    private final ServerSocketChannel server;

    private Control(ServerSocketChannel server) {
        this.server = server;
    }

    /** What became of an order. */
    record Answer(int exitCode, String text) {}

    /** @throws IOException if there is a socket already, or its path is too long for one (some 100 bytes) */
    static Control listen(Path socket) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return new Control(server.bind(UnixDomainSocketAddress.of(socket)));
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Waits for one order and answers it. */
    void serveOne(Function<String, Answer> orders) throws IOException {
        try (SocketChannel channel = server.accept()) {
            ByteBuffer bytes = ByteBuffer.allocate(MAX_ORDER_BYTES);
            while (channel.read(bytes) >= 0 && bytes.hasRemaining()) {
                // The other side has ended its sending when all is there.
            }
            String order = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            Answer answer = orders.apply(order);
            channel.write(StandardCharsets.UTF_8.encode(answer.exitCode() + "\n" + answer.text()));
        }
    }

    /** @throws IOException if nobody listens */
    static Answer order(Path socket, String order) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(StandardCharsets.UTF_8.encode(order));
            channel.shutdownOutput();
            ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
            while (channel.read(bytes) >= 0 && bytes.hasRemaining()) {
                // The other side closes when all is there.
            }
            String answer = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            int line = answer.indexOf('\n');
            if (line < 0) {
                throw new IOException("the cluster ended while it was asked");
            }
            return new Answer(Integer.parseInt(answer.substring(0, line)), answer.substring(line + 1));
        }
    }

    @Override
    public void close() throws IOException {
        UnixDomainSocketAddress address = (UnixDomainSocketAddress) server.getLocalAddress();
        server.close();
        Files.deleteIfExists(address.getPath());
    }
}
