package io.roomwire.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.roomwire.connection.Client;
import io.roomwire.connection.Loop;
import io.roomwire.ops.HandshakeRefusal;
import io.roomwire.ops.RequestForm;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.RequestException;
import io.roomwire.session.Failure;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection is before it is a WebSocket: HTTP, on a clock. One a connection, on its loop's thread; gone after the
 * upgrade.
 */
final class HttpHandler extends SimpleChannelInboundHandler<HttpObject> {
    static final String WEBSOCKET_PATH = "/ws";

    private static final Logger LOG = LoggerFactory.getLogger(HttpHandler.class);

    /** A year, which is what browsers' own lists ask for (RFC 6797); it is of this host's name alone. */
    private static final String STRICT_TRANSPORT = "max-age=31536000";

    private final Pipeline pipeline;
    private final Loop loop;
    private final HttpClock clock;

    /** The address that counts this connection while it is no WebSocket; null while it is not known. */
    private @Nullable InetAddress countedFrom;

    private @Nullable HttpRequest request;

    /** What came while an answer was on its way: answers have the order of the requests. */
    private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>(0);

    private boolean answering;

    /** The last answer is on its way: what still comes is not listened to. */
    private boolean ending;

    /** A token is being checked: a client that goes on talking before the answer breaks RFC 6455, section 4.1. */
    private boolean admitting;

    HttpHandler(Pipeline pipeline, Loop loop) {
        this.pipeline = pipeline;
        this.loop = loop;
        clock = new HttpClock(pipeline.config().handshake().timeoutMs());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        pipeline.admission().handshakeBegins();
        clock.expectRequest(ctx);
        if (!ProxyProtocol.expectsHeader(ctx.channel())) {
            countAddress(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event == ProxyProtocol.HEADER_WAS_READ) {
            countAddress(ctx);
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    private void countAddress(ChannelHandlerContext ctx) {
        InetAddress client = Client.of(ctx.channel());
        if (client == null) {
            return; // gone already
        }
        if (pipeline.admission().handshakeBeginsFrom(client)) {
            countedFrom = client;
        } else {
            pipeline.metrics().handshakeRefused(HandshakeRefusal.TOO_MANY);
            ending = true;
            ctx.channel().close();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        pipeline.admission().handshakeEnds();
        if (countedFrom != null) {
            pipeline.admission().handshakeEndsFrom(countedFrom);
        }
        clock.stop();
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (answering) {
            waiting.add(ReferenceCountUtil.retain(part));
        } else {
            read(ctx, part);
        }
    }

    private void read(ChannelHandlerContext ctx, HttpObject part) {
        if (ending) {
            return;
        }
        if (admitting) {
            ctx.close();
            return;
        }
        if (part.decoderResult().isFailure()) {
            refuse(ctx, part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpRequest head) {
            if (!ctx.channel().isWritable()) {
                ctx.close(); // it asks and does not read: the answers would pile up here
                return;
            }
            if (!hasOurForm(ctx, head)) {
                return;
            }
            request = head;
        }
        if (part instanceof LastHttpContent && request != null) {
            HttpRequest whole = request;
            request = null;
            answer(ctx, whole);
        }
    }

    /** Refuses what only a request can be that is not for us, before any body of it is read. */
    private boolean hasOurForm(ChannelHandlerContext ctx, HttpRequest head) {
        String fault = RequestForm.settle(head);
        if (fault != null) {
            send(ctx, response(HttpResponseStatus.BAD_REQUEST, fault), false);
            return false;
        }
        boolean isPreflight = HistoryResource.isFor(RequestForm.path(head)) && Cors.isPreflight(head);
        if (!head.method().equals(HttpMethod.GET) && !head.method().equals(HttpMethod.HEAD) && !isPreflight) {
            FullHttpResponse no =
                    response(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
            no.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            send(ctx, no, false);
            return false;
        }
        if (HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) > 0) {
            send(ctx, response(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "no request here has a body"), false);
            return false;
        }
        return true;
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest whole) {
        String path = RequestForm.path(whole);
        if (!pipeline.admitsHost(whole)) {
            RequestException why =
                    new RequestException(ErrorCode.FORBIDDEN, "this node has not that name: see hosts.allowed");
            send(ctx, json(ctx, HttpResponseStatus.FORBIDDEN, why), false);
            return;
        }
        if (path.equals(WEBSOCKET_PATH)) {
            Handshake.Refusal refusal = Handshake.check(whole);
            if (refusal != null) {
                text(ctx, whole, refusal.status(), refusal.message());
            } else if (!pipeline.admitsOrigin(whole)) {
                RequestException why = new RequestException(
                        ErrorCode.FORBIDDEN, "pages of this Origin may not connect: see origins.allowed");
                send(ctx, json(ctx, HttpResponseStatus.FORBIDDEN, why), false);
            } else {
                admit(ctx, whole);
            }
            return;
        }
        if (HistoryResource.isFor(path)) {
            if (Cors.isPreflight(whole)) {
                send(ctx, pipeline.cors().preflight(whole), HttpUtil.isKeepAlive(whole));
            } else {
                history(ctx, whole);
            }
            return;
        }
        boolean head = whole.method().equals(HttpMethod.HEAD);
        FullHttpResponse found = pipeline.site().answer(path, head);
        if (found == null) {
            text(ctx, whole, HttpResponseStatus.NOT_FOUND, "nothing here: the demo is at /, the WebSocket at /ws");
            return;
        }
        if (pipeline.config().tls().isPresent()) {
            found.headers().set("Strict-Transport-Security", STRICT_TRANSPORT);
        }
        send(ctx, found, HttpUtil.isKeepAlive(whole));
    }

    /** Without a token in the request the client becomes a WebSocket first; whether it may stay is its session's. */
    private void admit(ChannelHandlerContext ctx, HttpRequest whole) {
        String token = Handshake.token(whole, pipeline.config().auth().tokenInUrl());
        if (token == null) {
            pipeline.upgrade(
                    ctx.channel(), loop, whole, pipeline.authenticator().withoutToken());
            return;
        }
        InetAddress client = Client.of(ctx.channel());
        if (client == null) {
            return; // gone already
        }
        admitting = true;
        pipeline.authenticator()
                .authenticate(token, client)
                .whenComplete((grant, error) -> loop.run(() -> {
                    if (!ctx.channel().isActive()) {
                        return;
                    }
                    if (error == null) {
                        pipeline.upgrade(ctx.channel(), loop, whole, grant);
                    } else {
                        turnAway(ctx, Failure.told(error));
                    }
                }));
    }

    private void turnAway(ChannelHandlerContext ctx, RequestException why) {
        boolean bad = why.code() == ErrorCode.UNAUTHORIZED;
        HandshakeRefusal reason = switch (why.code()) {
            case UNAUTHORIZED -> HandshakeRefusal.TOKEN;
            case FORBIDDEN -> HandshakeRefusal.BACK_END;
            default -> HandshakeRefusal.UNAVAILABLE;
        };
        pipeline.metrics().handshakeRefused(reason);
        FullHttpResponse response =
                json(ctx, HttpResponseStatus.valueOf(why.code().httpStatus()), why);
        if (bad) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
        }
        send(ctx, response, false);
    }

    private void history(ChannelHandlerContext ctx, HttpRequest whole) {
        InetAddress client = Client.of(ctx.channel());
        if (client == null) {
            return; // gone already
        }
        answering = true;
        ctx.channel().config().setAutoRead(false); // who sends on before it has its answer waits in its own socket
        pipeline.history()
                .answer(whole, client)
                .thenAccept(response -> loop.run(() -> {
                    boolean head = whole.method().equals(HttpMethod.HEAD);
                    pipeline.cors().open(whole, response);
                    send(ctx, head ? RequestForm.withoutBody(response) : response, HttpUtil.isKeepAlive(whole));
                    answering = false;
                    ctx.channel().config().setAutoRead(true);
                    ctx.executor().execute(() -> readWaiting(ctx));
                }));
    }

    private void readWaiting(ChannelHandlerContext ctx) {
        while (!answering && !waiting.isEmpty()) {
            HttpObject part = waiting.remove();
            try {
                read(ctx, part);
            } finally {
                ReferenceCountUtil.release(part);
            }
        }
    }

    private void text(ChannelHandlerContext ctx, HttpRequest whole, HttpResponseStatus status, String message) {
        FullHttpResponse response = response(status, message);
        if (status.equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
            response.headers()
                    .set(HttpHeaderNames.UPGRADE, "websocket")
                    .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
        }
        send(ctx, response, HttpUtil.isKeepAlive(whole));
    }

    private static FullHttpResponse json(ChannelHandlerContext ctx, HttpResponseStatus status, RequestException why) {
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, new FrameWriter(ctx.alloc()).errorBody(why));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        return response;
    }

    private static FullHttpResponse response(HttpResponseStatus status, String message) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(message + "\n", StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        return response;
    }

    private void send(ChannelHandlerContext ctx, FullHttpResponse response, boolean keepAlive) {
        response.headers().set("X-Content-Type-Options", "nosniff");
        ending = !keepAlive || clock.isOver();
        HttpUtil.setKeepAlive(response, !ending);
        ChannelFuture sent = ctx.writeAndFlush(response);
        clock.expectReading(ctx, sent);
        if (ending) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void refuse(ChannelHandlerContext ctx, Throwable cause) {
        pipeline.metrics().handshakeRefused(HandshakeRefusal.BAD_REQUEST);
        HttpResponseStatus status = HttpResponseStatus.BAD_REQUEST;
        if (cause instanceof TooLongHttpHeaderException) {
            status = HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        } else if (cause instanceof TooLongHttpLineException) {
            status = HttpResponseStatus.REQUEST_URI_TOO_LONG;
        } else if (cause instanceof TooLongFrameException) {
            status = HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
        }
        send(ctx, response(status, "not a request of HTTP/1.1 within our limits"), false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Channel channel = ctx.channel();
        LOG.debug("{} is closed before it became a WebSocket", ProxyProtocol.addressOf(channel), cause);
        channel.close();
    }
}
