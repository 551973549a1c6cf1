package io.roomwire.test.client;

import io.roomwire.test.cluster.TestNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A bare socket, to say what no proper client would say, and to see exactly what comes back. For one thread. */
public final class RawClient implements AutoCloseable {
    /** The example of RFC 6455, section 1.3. */
    public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    public static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    /** Far less than a node may wait for a goodbye that does not come. */
    private static final int END_MS = 1500;

    private final Socket socket;
    private final DataInputStream in;
    private boolean saidGoodbye;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TestClient.PATIENCE.toMillis());
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** An HTTP answer. Header names are in lower case. */
    public record Answer(int status, Map<String, String> headers, String body) {
        public String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    /** A connection on which nothing has been said. */
    public static RawClient connect(TestNode node) {
        return connect(node, "127.0.0.1");
    }

    /** As {@link #connect(TestNode)}, from another address of loopback. */
    public static RawClient connect(TestNode node, String from) {
        return connect(node.port(), from, 0);
    }

    /** On the operations port. */
    public static RawClient connectToOps(TestNode node) {
        return connect(node.ops().getPort(), "127.0.0.1", 0);
    }

    /** One whose kernel takes no more than some bytes that it has not read. */
    public static RawClient narrow(TestNode node, int bytes) {
        return connect(node.port(), "127.0.0.1", bytes);
    }

    /** @param receiveBytes 0: as the kernel has it */
    private static RawClient connect(int port, String from, int receiveBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBytes > 0) {
                socket.setReceiveBufferSize(receiveBytes); // only before it connects
            }
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that comes until the other side ends it. */
    public String readAll() {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many bytes came; fewer than were asked for if that is all. */
    public int skip(int bytes) {
        try {
            return in.readNBytes(bytes).length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Speaks TLS from now on; what was said before was in clear. */
    public RawClient overTls(SSLContext trust) {
        try {
            return new RawClient(trust.getSocketFactory()
                    .createSocket(socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connection after a right handshake with these headers besides. */
    public static RawClient upgraded(TestNode node, String... headers) {
        RawClient client = connect(node);
        Answer answer = client.exchange(upgrade("/ws", headers));
        if (answer.status() != 101) {
            throw new AssertionError("expected 101, got " + answer);
        }
        return client;
    }

    /** A right handshake request, with these headers besides. */
    public static String upgrade(String path, String... headers) {
        return request(
                "GET " + path + " HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 13",
                String.join("\r\n", headers));
    }

    /** Lines of a request, empty ones left out, and the empty one that ends it. */
    public static String request(String... lines) {
        StringBuilder request = new StringBuilder();
        for (String line : lines) {
            if (!line.isEmpty()) {
                request.append(line).append("\r\n");
            }
        }
        return request.append("\r\n").toString();
    }

    public void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void send(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends them in one write: a node that ends the connection at the first must not break the sending of the others. */
    public void send(WireFrame... frames) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (WireFrame frame : frames) {
            saidGoodbye |= frame.opcode() == WireFrame.CLOSE;
            bytes.writeBytes(frame.encoded());
        }
        send(bytes.toByteArray());
    }

    /** Whether the other side still takes bytes; what it no longer takes is not said. */
    public boolean trySend(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public Answer exchange(String request) {
        send(request);
        return answer();
    }

    public Answer answer() {
        try {
            String head = head();
            List<String> lines = head.lines().toList();
            Map<String, String> headers = new HashMap<>();
            for (String line : lines.subList(1, lines.size() - 1)) {
                int colon = line.indexOf(':');
                headers.merge(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip(),
                        (a, b) -> a + ", " + b);
            }
            int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
            String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
            int status = Integer.parseInt(lines.get(0).substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
            return new Answer(status, headers, body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(in.readByte());
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** The next frame, or null if the connection has ended. */
    public @Nullable WireFrame read() {
        try {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            int second = in.readUnsignedByte();
            long length = second & 0x7f;
            if (length == 126) {
                length = in.readUnsignedShort();
            } else if (length == 127) {
                length = in.readLong();
            }
            if ((second & 0x80) != 0) {
                throw new AssertionError("a node must not mask");
            }
            return new WireFrame(
                    (first & 0x80) != 0, first >> 4 & 7, first & 0xf, false, in.readNBytes(Math.toIntExact(length)));
        } catch (EOFException | SocketException e) {
            return null;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no frame came in time, and no end", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next frame, which must have that opcode. */
    public WireFrame read(int opcode) {
        WireFrame frame = read();
        if (frame == null || frame.opcode() != opcode) {
            throw new AssertionError("expected opcode " + opcode + ", got " + shown(frame));
        }
        return frame;
    }

    /** The text of the next frame. */
    public String readText() {
        return read(WireFrame.TEXT).text();
    }

    /**
     * The next frame must be a close; answers it unless we have said goodbye before, and makes sure that nothing follows
     * but the end of the connection, and that at once: the node has to end it (RFC 6455, 7.1.1).
     */
    public WireFrame readClose() {
        WireFrame close = read(WireFrame.CLOSE);
        if (!saidGoodbye) {
            saidGoodbye = true;
            try {
                socket.getOutputStream()
                        .write(WireFrame.of(WireFrame.CLOSE, close.payload()).encoded());
            } catch (IOException e) {
                // It has not waited for our answer, which a node may do after a protocol error.
            }
        }
        WireFrame more = readWithin(END_MS);
        if (more != null) {
            throw new AssertionError("expected the end after " + shown(close) + ", got " + shown(more));
        }
        return close;
    }

    private @Nullable WireFrame readWithin(int timeoutMs) {
        try {
            socket.setSoTimeout(timeoutMs);
            return read();
        } catch (SocketException e) {
            return null;
        }
    }

    private static String shown(@Nullable WireFrame frame) {
        if (frame == null) {
            return "the end of the connection";
        }
        return frame.opcode() == WireFrame.CLOSE
                ? "close " + frame.closeCode() + " " + frame.closeReason()
                : "opcode " + frame.opcode() + " " + frame.text();
    }

    /** Waits until the other side has ended the connection, whatever it says before; gives the time that it took. */
    public long awaitEndMs() {
        long startNs = System.nanoTime();
        try {
            while (in.read() >= 0) {
                // What it says is not asked for here.
            }
        } catch (SocketException e) {
            // Reset: an end as well.
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection did not end", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return (System.nanoTime() - startNs) / 1_000_000;
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
