package io.roomwire.test.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshaker;
import io.netty.util.ReferenceCountUtil;
import io.roomwire.test.cluster.TestNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One client that follows its test's orders, and keeps every frame until the test has read it. What stays unread when the
 * test is over fails it ({@link NothingUnread}): a frame that nobody expected is as wrong as one that did not come.
 *
 * <p>Any thread may call, but none that carries a client: most methods wait.
 */
public final class TestClient {
    /** How long an expected thing may take: far more than it ever does, on a machine that has other work. */
    public static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final long FENCE_NS = TimeUnit.SECONDS.toNanos(5);

    /** Never twice in a run: a node takes the same user's same id for the same message. */
    private static final AtomicLong IDS = new AtomicLong();

    private final WebSocketClientHandshaker handshaker;
    private final boolean answersPings;
    private final @Nullable BiConsumer<TestClient, Frame> listener;
    private final CompletableFuture<TestClient> opened = new CompletableFuture<>();
    private final CompletableFuture<Closing> closed = new CompletableFuture<>();

    private final Inbox inbox = new Inbox();
    private volatile boolean endExpected;
    private volatile boolean restIgnored;
    private volatile @Nullable Channel channel;

    TestClient(
            WebSocketClientHandshaker handshaker,
            boolean answersPings,
            @Nullable BiConsumer<TestClient, Frame> listener) {
        this.handshaker = handshaker;
        this.answersPings = answersPings;
        this.listener = listener;
        this.restIgnored = listener != null;
        NothingUnread.watch(this);
    }

    public static Dialer to(URI uri) {
        return new Dialer(uri);
    }

    public static Dialer to(TestNode node) {
        return to(node.clients());
    }

    public static TestClient connect(TestNode node) {
        return to(node).connect();
    }

    /** Connects and joins; the {@code joined} is read. */
    public static TestClient member(TestNode node, String room, String user) {
        TestClient client = connect(node);
        client.join(room, user);
        return client;
    }

    // --- Requests

    /** Sends a text frame as it stands. */
    public void send(String text) {
        channel().writeAndFlush(new TextWebSocketFrame(text));
    }

    /** Sends a request without an id; fields are name, value, name, value. */
    public void tell(String type, Object... fields) {
        send(request(type, fields).toString());
    }

    /** Sends a request with an id of its own and gives what answers it, be it an {@code error}; other frames stay unread. */
    public Frame ask(String type, Object... fields) {
        return answer(askLater(type, fields));
    }

    /** As {@link #ask}, but gives the id, for an {@link #answer} later. */
    public String askLater(String type, Object... fields) {
        ObjectNode request = request(type, fields);
        if (!request.has("id")) {
            request.put("id", "r-" + IDS.incrementAndGet());
        }
        send(request.toString());
        return request.get("id").asText();
    }

    /** What answered the request of that id. */
    public Frame answer(String id) {
        return expect("answer to " + id, frame -> isAnswer(frame, id));
    }

    private static boolean isAnswer(Frame frame, String id) {
        // A message carries the id that its sender gave it, and is no answer to anybody.
        return id.equals(frame.json().path("id").asText()) && !frame.is("broadcast") && !frame.is("direct");
    }

    static ObjectNode request(String type, Object... fields) {
        ObjectNode request = Frame.JSON.createObjectNode().put("type", type);
        for (int i = 0; i < fields.length; i += 2) {
            request.set((String) fields[i], Frame.JSON.valueToTree(fields[i + 1]));
        }
        return request;
    }

    private Frame askFor(String expected, String type, Object... fields) {
        Frame answer = ask(type, fields);
        if (!answer.is(expected)) {
            throw new AssertionError("expected " + expected + ", got " + answer);
        }
        return answer;
    }

    public Frame join(String room, String user) {
        return askFor("joined", "join", "room_id", room, "user_id", user);
    }

    public Frame joinWatching(String room, String user) {
        return askFor("joined", "join", "room_id", room, "user_id", user, "presence", true);
    }

    /** A later room, as the same user. */
    public Frame join(String room) {
        return askFor("joined", "join", "room_id", room);
    }

    /** Comes back as one who has seen everything up to that seq. */
    public Frame resume(String room, String user, long after, String epoch) {
        return askFor("joined", "join", "room_id", room, "user_id", user, "after", after, "epoch", epoch);
    }

    public void leave(String room) {
        askFor("left", "leave", "room_id", room);
    }

    /** Broadcasts and gives the seq of the ack; the sender's own copy comes as for all. */
    public long broadcast(String room, Object content) {
        return askFor("ack", "broadcast", "room_id", room, "content", content).seq();
    }

    /** Sends directly and gives the seq of the ack. */
    public long direct(String user, Object content) {
        return askFor("ack", "direct", "user_id", user, "content", content).seq();
    }

    /** The {@code history} frame; more fields are name, value. */
    public Frame history(String room, Object... range) {
        Object[] fields = new Object[range.length + 2];
        fields[0] = "room_id";
        fields[1] = room;
        System.arraycopy(range, 0, fields, 2, range.length);
        return askFor("history", "history", fields);
    }

    public JsonNode presence(String room) {
        return askFor("presence", "presence", "room_id", room).json();
    }

    /** Everything that this client has asked for before is handled when this returns. */
    public void ping() {
        askFor("pong", "ping");
    }

    /** A WebSocket ping; gives the payload of the pong. */
    public String pingFrame(String payload) {
        channel().writeAndFlush(new PingWebSocketFrame(Unpooled.copiedBuffer(payload, StandardCharsets.UTF_8)));
        return inbox.expectPong();
    }

    // --- What came

    /** The oldest unread frame of that type, waited for; those before it stay unread. */
    public Frame expect(String type) {
        return expect(type, frame -> frame.is(type));
    }

    public Frame expect(String what, Predicate<Frame> matches) {
        return inbox.expect(what, matches);
    }

    /** The oldest unread frame, whatever it is, waited for. */
    public Frame next() {
        return expect("a frame", frame -> true);
    }

    /** The oldest unread frame, which must be of that type. */
    public Frame next(String type) {
        Frame frame = next();
        if (!frame.is(type)) {
            throw new AssertionError("expected " + type + " next, got " + frame + "\nthen " + unread());
        }
        return frame;
    }

    /** The next so many frames, each of which must be of that type. */
    public List<Frame> next(String type, int count) {
        List<Frame> frames = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            frames.add(next(type));
        }
        return frames;
    }

    public List<Frame> unread() {
        return inbox.unread();
    }

    /** Nothing unread now, nor on its way: the node answers a ping only after what it has sent before. */
    public void assertNothingUnread() {
        ping();
        if (!unread().isEmpty()) {
            throw new AssertionError("nothing was expected, got " + inbox.shown());
        }
    }

    /** What comes from now on is not this test's concern, nor is an end. */
    public TestClient ignoreRest() {
        restIgnored = true;
        return this;
    }

    /** WebSocket pings that came so far. */
    public int pings() {
        return inbox.pings();
    }

    public void awaitPings(int count) {
        inbox.awaitPings(count);
    }

    // --- Reading slowly, ending

    /** Stops reading: what the node sends fills this side's socket buffer, then the node's. */
    public void stopReading() {
        channel().config().setAutoRead(false);
    }

    public void readOn() {
        channel().config().setAutoRead(true);
    }

    public boolean isOpen() {
        return isOpened() && !closed.isDone();
    }

    private boolean isOpened() {
        return opened.isDone() && !opened.isCompletedExceptionally();
    }

    /** Completes when the connection has ended, however. */
    public CompletableFuture<Closing> closed() {
        return closed;
    }

    /** Waits for an end that the test expects. */
    public Closing expectClose() {
        endExpected = true;
        try {
            return closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for a close", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the connection did not end. Unread: " + inbox.shown(), e);
        }
    }

    /** Says goodbye and gives the node's answer to it. */
    public Closing close() {
        endExpected = true;
        channel().writeAndFlush(new CloseWebSocketFrame(1000, "bye"));
        return expectClose();
    }

    /** Is gone without a goodbye, as when the line breaks. */
    public void drop() {
        endExpected = true;
        channel().close();
    }

    // --- The end of the test

    /** Sends a ping of which only {@link #awaitFence} knows. */
    void sendFence(String id) {
        if (answersFences()) {
            send(request("ping", "id", id).toString());
        }
    }

    /** Waits until the answer is there, or none can come any more. */
    void awaitFence(String id) {
        if (answersFences()) {
            inbox.takeWithin(frame -> isAnswer(frame, id), FENCE_NS);
        }
    }

    private boolean answersFences() {
        return !restIgnored && isOpen() && channel().config().isAutoRead();
    }

    /** What the test has not read, or null. */
    @Nullable
    String leftover() {
        if (restIgnored || !isOpened()) {
            return null;
        }
        if (closed.isDone() && !endExpected) {
            return "an end that nobody expected, " + closed.join() + ", unread " + inbox.shown();
        }
        return unread().isEmpty() ? null : "unread " + inbox.shown();
    }

    void abandon() {
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    // --- The wire

    CompletableFuture<TestClient> opened() {
        return opened;
    }

    private Channel channel() {
        Channel open = channel;
        if (open == null) {
            throw new IllegalStateException("not connected");
        }
        return open;
    }

    ChannelHandler handler() {
        return new Handler();
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        private int code = Closing.NO_GOODBYE;
        private String reason = "";

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            channel = ctx.channel();
            handshaker.handshake(ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            long nowNs = System.nanoTime();
            try {
                if (message instanceof TextWebSocketFrame text) {
                    received(new Frame(text.text(), nowNs));
                } else if (message instanceof PingWebSocketFrame ping) {
                    pinged(ctx, ping);
                } else if (message instanceof PongWebSocketFrame pong) {
                    inbox.ponged(pong.content().toString(StandardCharsets.UTF_8));
                } else if (message instanceof CloseWebSocketFrame close) {
                    code = close.statusCode() == -1 ? Closing.NO_CODE : close.statusCode();
                    reason = close.reasonText();
                    ctx.writeAndFlush(close.retainedDuplicate()).addListener(done -> ctx.close());
                } else if (message instanceof FullHttpResponse response) {
                    handshaker.finishHandshake(ctx.channel(), response);
                    opened.complete(TestClient.this);
                } else {
                    throw new IllegalStateException("a frame that no node may send: " + message);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private void received(Frame frame) {
            if (listener == null) {
                inbox.received(frame);
            } else {
                listener.accept(TestClient.this, frame);
            }
        }

        private void pinged(ChannelHandlerContext ctx, PingWebSocketFrame ping) {
            inbox.pinged();
            if (answersPings) {
                ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            Closing end = new Closing(code, reason, System.nanoTime());
            opened.completeExceptionally(new IllegalStateException("the connection ended during the handshake"));
            closed.complete(end);
            inbox.ended(end);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            opened.completeExceptionally(cause);
            if (reason.isEmpty()) {
                reason = cause.toString();
            }
            ctx.close();
        }
    }
}
