package io.roomwire.test.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakerFactory;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketClientExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateClientExtensionHandshaker;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** How to reach a node, and as what kind of client. For one thread; what it has connected is independent of it. */
public final class Dialer {
    /** Few, so that ten thousand clients cost sockets and not threads; daemons, so that nobody has to end them. */
    static final EventLoopGroup LOOPS = new MultiThreadIoEventLoopGroup(
            2,
            new DefaultThreadFactory("test-client", true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());

    /** More than any node sends in one frame, so that the client is never the one that refuses. */
    private static final int MAX_FRAME_BYTES = 16 << 20;

    private static final int MAX_ANSWER_BYTES = 64 << 10;

    private final URI uri;
    private final HttpHeaders headers = new DefaultHttpHeaders();
    private @Nullable String subprotocol;
    private boolean compressing;
    private boolean answersPings = true;
    private int receiveBufferBytes;
    private @Nullable String from;
    private @Nullable SSLContext trust;
    private @Nullable BiConsumer<TestClient, Frame> listener;

    Dialer(URI uri) {
        this.uri = uri;
    }

    /** Offers permessage-deflate. */
    public Dialer compressing() {
        compressing = true;
        return this;
    }

    /** Leaves pings without an answer, as a client does whose line is dead. */
    public Dialer silent() {
        answersPings = false;
        return this;
    }

    /** With a small one a client that stops reading is noticed sooner. */
    public Dialer receiveBuffer(int bytes) {
        receiveBufferBytes = bytes;
        return this;
    }

    /** Comes from this address of loopback, such as 127.0.0.2. */
    public Dialer from(String address) {
        from = address;
        return this;
    }

    /** Speaks TLS, and trusts whom this trusts. */
    public Dialer trusting(SSLContext context) {
        trust = context;
        return this;
    }

    public Dialer header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    public Dialer subprotocol(String offered) {
        subprotocol = offered;
        return this;
    }

    /** Hands every frame to this, on the client's event loop, and keeps none: for crowds, and for clients that act by themselves. */
    public Dialer listener(BiConsumer<TestClient, Frame> listener) {
        this.listener = listener;
        return this;
    }

    /** Netty's own handler for this refuses a node that forbids context takeover, which RFC 7692 (7.1.1.2) lets it do. */
    private static WebSocketClientExtensionHandler deflate() {
        return new WebSocketClientExtensionHandler(
                new PerMessageDeflateClientExtensionHandshaker(6, false, 15, true, false, MAX_FRAME_BYTES));
    }

    /** Connects and waits for it. */
    public TestClient connect() {
        try {
            return dial().get(TestClient.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while connecting to " + uri, e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no WebSocket at " + uri + ": " + e, e);
        }
    }

    /** Connects; fails with what the node answered in place of a 101. */
    public CompletableFuture<TestClient> dial() {
        WebSocketClientHandshaker handshaker = WebSocketClientHandshakerFactory.newHandshaker(
                uri, WebSocketVersion.V13, subprotocol, compressing, headers, MAX_FRAME_BYTES);
        TestClient client = new TestClient(handshaker, answersPings, listener);
        boolean compresses = compressing;
        SSLEngine tls = trust == null ? null : trust.createSSLEngine(uri.getHost(), uri.getPort());
        Bootstrap bootstrap = new Bootstrap()
                .group(LOOPS)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        if (tls != null) {
                            tls.setUseClientMode(true);
                            channel.pipeline().addLast(new SslHandler(tls));
                        }
                        channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_ANSWER_BYTES));
                        if (compresses) {
                            channel.pipeline().addLast(deflate());
                        }
                        channel.pipeline().addLast(new WebSocketFrameAggregator(MAX_FRAME_BYTES), client.handler());
                    }
                });
        if (receiveBufferBytes > 0) {
            bootstrap.option(ChannelOption.SO_RCVBUF, receiveBufferBytes);
        }
        if (from != null) {
            bootstrap.localAddress(from, 0);
        }
        ChannelFuture connecting = bootstrap.connect(uri.getHost(), uri.getPort());
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                client.opened().completeExceptionally(done.cause());
            }
        });
        Channel channel = connecting.channel();
        client.opened().whenComplete((open, error) -> {
            if (error != null) {
                channel.close();
            }
        });
        return client.opened();
    }
}
