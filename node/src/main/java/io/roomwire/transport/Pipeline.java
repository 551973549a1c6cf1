package io.roomwire.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.roomwire.auth.Authenticator;
import io.roomwire.auth.Grant;
import io.roomwire.config.Config;
import io.roomwire.connection.Client;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.ops.HandshakeRefusal;
import io.roomwire.ops.Metrics;
import io.roomwire.ops.Rarely;
import io.roomwire.ops.Site;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.FrameHeader;
import io.roomwire.session.Session;
import io.roomwire.session.Sessions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands between a socket and a session: HTTP at first, frames after the upgrade, and nothing that the one in force
 * does not need.
 *
 * <p>Shared by all loops; a call about a channel comes on its loop's thread.
 */
final class Pipeline {
    private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
    /** What comes from outside must not write lines of its own into the log. */
    private static final Pattern NOT_PRINTABLE = Pattern.compile("[^ -~]");

    private static final int MAX_REQUEST_LINE_BYTES = 4096;

    /** The longest token, where one may stand there. */
    private static final int MAX_TOKEN_BYTES = 8192;

    private final Config config;
    private final Authenticator authenticator;
    private final Sessions sessions;
    private final Metrics metrics;
    private final Site site = Site.demo();
    private final HistoryResource history;
    private final Admission admission;
    private final @Nullable ServerCertificate certificate;

    /** For every connection that was let in; one for all, which asks the channel whose it was. */
    private final ChannelFutureListener gone;

    private final ProxyProtocol proxyProtocol;
    private final OriginCheck originCheck;
    private final Cors cors;
    private final Rarely originLogged = new Rarely();
    private final AtomicLong connectionsSoFar = new AtomicLong();
    private final HttpDecoderConfig httpConfig;
    private final WebSocketDecoderConfig plainFrames;
    private final WebSocketDecoderConfig deflatedFrames;

    /** @param certificate null: clients speak plain WebSocket */
    Pipeline(
            Config config,
            Authenticator authenticator,
            Sessions sessions,
            Metrics metrics,
            @Nullable ServerCertificate certificate) {
        this.config = config;
        this.authenticator = authenticator;
        this.sessions = sessions;
        this.metrics = metrics;
        this.certificate = certificate;
        history = new HistoryResource(authenticator, config.auth().tokenInUrl(), sessions, metrics);
        admission = new Admission(config.limits());
        gone = closed -> leave(closed.channel());
        originCheck = new OriginCheck(config.origins());
        cors = new Cors(originCheck);
        proxyProtocol = new ProxyProtocol(config.proxyProtocol().trusted(), metrics);
        httpConfig = new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES + (config.auth().tokenInUrl() ? MAX_TOKEN_BYTES : 0))
                .setMaxHeaderSize(config.handshake().headerBytes());
        plainFrames = frameConfig(false);
        deflatedFrames = frameConfig(true);
    }

    /** Whether a WebSocket is open, even if only to say goodbye. Any thread may call. */
    boolean hasConnections() {
        return admission.count() > 0;
    }

    Config config() {
        return config;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    /** Whether the page that asks may have a WebSocket; who may not is counted, and sometimes logged. */
    boolean admitsOrigin(HttpRequest request) {
        if (originCheck.admits(request.headers())) {
            return true;
        }
        metrics.handshakeRefused(HandshakeRefusal.ORIGIN);
        if (originLogged.now()) {
            LOG.warn(
                    "a page of {} may not connect: if it is yours, add this to origins.allowed",
                    shown(request.headers().get(HttpHeaderNames.ORIGIN, "")));
        }
        return false;
    }

    /** Whether the request calls this node by a name that it may have; who does not is counted, and sometimes logged. */
    boolean admitsHost(HttpRequest request) {
        String host = request.headers().get(HttpHeaderNames.HOST, "");
        if (!config.hosts().onClientPort() || config.hosts().admit(host)) {
            return true;
        }
        metrics.handshakeRefused(HandshakeRefusal.HOST);
        if (originLogged.now()) {
            LOG.warn("a page calls this node {}: if that is its name, add it to hosts.allowed", shown(host));
        }
        return false;
    }

    private static String shown(String fromOutside) {
        return NOT_PRINTABLE.matcher(fromOutside).replaceAll("?");
    }

    Cors cors() {
        return cors;
    }

    Metrics metrics() {
        return metrics;
    }

    Site site() {
        return site;
    }

    HistoryResource history() {
        return history;
    }

    /** For the channels that one of these loops accepts. */
    ChannelInitializer<Channel> accepted(List<Loop> loops) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (!admission.mayShakeHands()) {
                    metrics.handshakeRefused(HandshakeRefusal.TOO_MANY);
                    channel.close();
                    return;
                }
                if (channel.remoteAddress() instanceof InetSocketAddress peer && proxyProtocol.isRequiredFrom(peer)) {
                    proxyProtocol.expectHeader(channel); // the balancer's own word, so before TLS
                }
                if (certificate != null) {
                    channel.pipeline().addLast(certificate.newHandler(channel.alloc()));
                }
                channel.pipeline()
                        .addLast(new HttpRequestDecoder(httpConfig))
                        .addLast(new HttpResponseEncoder())
                        .addLast(new HttpHandler(Pipeline.this, Loop.of(channel, loops)));
            }
        };
    }

    Admission admission() {
        return admission;
    }

    /** A request that passed {@link Handshake#check} becomes a WebSocket, whose client may do what the grant says. */
    void upgrade(Channel channel, Loop loop, HttpRequest request, Grant grant) {
        String extensions = config.compression().enabled() ? Handshake.deflateAnswer(request) : null;
        boolean deflates = extensions != null;
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.remove(HttpResponseEncoder.class);
        channel.writeAndFlush(Handshake.accept(channel.alloc(), request, extensions), channel.voidPromise());
        InetAddress address = Client.of(channel);
        CloseCode refused = address == null ? CloseCode.GOING_AWAY : admission.enter(address);
        if (address == null || refused != null) {
            LOG.debug("{} is turned away: {}", ProxyProtocol.addressOf(channel), refused);
            turnAway(channel, refused == null ? CloseCode.GOING_AWAY : refused);
            return;
        }
        channel.closeFuture().addListener(gone);
        Connection connection = new Connection(
                config.nodeId(),
                connectionsSoFar.incrementAndGet(),
                channel,
                loop,
                metrics,
                config.backlog().bytes(),
                deflates);
        if (LOG.isDebugEnabled()) {
            LOG.debug("connection {} is of {}", connection.id(), address.getHostAddress());
        }
        Session session = sessions.begin(connection, grant);
        pipeline.addLast(
                new FrameHandler(deflates ? deflatedFrames : plainFrames, connection, session, config.limits()));
        pipeline.remove(HttpHandler.class);
        pipeline.remove(HttpRequestDecoder.class); // hands on what it has read beyond the request
    }

    private void leave(Channel channel) {
        InetAddress address = Client.of(channel);
        if (address != null) { // the channel knows it still, since it was asked before
            admission.leave(address);
        }
    }

    private void turnAway(Channel channel, CloseCode code) {
        metrics.connectionClosed(code.code());
        channel.writeAndFlush(FrameHeader.close(
                        channel.alloc(), code.code(), code.reason().getBytes(StandardCharsets.UTF_8)))
                .addListener(ChannelFutureListener.CLOSE);
    }

    private WebSocketDecoderConfig frameConfig(boolean deflates) {
        return WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(config.limits().messageBytes())
                .expectMaskedFrames(true)
                .allowMaskMismatch(false)
                .allowExtensions(deflates)
                .closeOnProtocolViolation(false) // FrameHandler says goodbye, and counts it
                .withUTF8Validator(false)
                .build();
    }
}
