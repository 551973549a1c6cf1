package io.roomwire.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The operations port: {@code /health}, {@code /ready}, {@code /stats}, {@code /metrics}, the console, and the server API. On a thread
 * of its own, so that it answers while every event loop is busy.
 */
public final class OpsServer implements AutoCloseable {
    private static final int IDLE_SECONDS = 60;
    private static final String API = "/api/";

    private final Health health;
    private final Metrics metrics;
    private final Statistics statistics;
    private final Api api;
    private final Site console = Site.console();
    private final int maxBodyBytes;
    private final Predicate<String> admitsHost;
    private final ObjectMapper json = new ObjectMapper();
    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("roomwire-ops"), NioIoHandler.newFactory());

    /** What is asked for under {@code /api/}. */
    public interface Api {
        /**
         * Called on the port's thread.
         *
         * @param authorization the header, or null
         * @return never fails
         */
        CompletionStage<Answer> answer(String method, String path, @Nullable String authorization, byte[] body);
    }

    /** An answer of the server API. */
    public record Answer(int status, Map<String, Object> json) {}

    /**
     * @param connections clients that are connected now
     * @param maxBodyBytes a larger request is a 413
     * @param admitsHost whether a request with that Host is answered; empty for none
     */
    public OpsServer(
            Health health,
            Metrics metrics,
            IntSupplier connections,
            Api api,
            int maxBodyBytes,
            Predicate<String> admitsHost) {
        this.health = health;
        this.api = api;
        this.maxBodyBytes = maxBodyBytes;
        this.admitsHost = admitsHost;
        this.metrics = metrics;
        statistics = new Statistics(metrics, connections);
    }

    /**
     * Begins to listen.
     *
     * @return where; the port is the real one if 0 was asked for
     * @throws IOException if the address cannot be listened on
     */
    public InetSocketAddress start(String host, int port) throws IOException, InterruptedException {
        group.scheduleAtFixedRate(statistics::sample, 0, 1, TimeUnit.SECONDS);
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(maxBodyBytes))
                                .addLast(new Answers());
                    }
                })
                .bind(host, port)
                .await();
        if (!bound.isSuccess()) {
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
        return (InetSocketAddress) bound.channel().localAddress();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private CompletionStage<FullHttpResponse> answer(FullHttpRequest request) throws JsonProcessingException {
        String fault = RequestForm.settle(request);
        if (fault != null) {
            return CompletableFuture.completedFuture(text(HttpResponseStatus.BAD_REQUEST, fault + "\n"));
        }
        if (!admitsHost.test(request.headers().get(HttpHeaderNames.HOST, ""))) {
            return CompletableFuture.completedFuture(
                    text(HttpResponseStatus.FORBIDDEN, "this node has not that name: see hosts.allowed\n"));
        }
        String path = RequestForm.path(request);
        if (path.startsWith(API)) {
            String authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION);
            return api.answer(request.method().name(), path, authorization, ByteBufUtil.getBytes(request.content()))
                    .thenApply(this::json);
        }
        return CompletableFuture.completedFuture(page(request, path));
    }

    private FullHttpResponse page(FullHttpRequest request, String path) throws JsonProcessingException {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            FullHttpResponse no = text(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            no.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            return no;
        }
        return switch (path) {
            case "/health" -> json(health.report());
            case "/ready" -> ready(health.answerBalancer());
            case "/stats" -> json(statistics.report());
            case "/metrics" ->
                response(HttpResponseStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
            default -> file(path);
        };
    }

    private FullHttpResponse file(String path) {
        FullHttpResponse found = console.answer(path, false);
        return found == null
                ? text(
                        HttpResponseStatus.NOT_FOUND,
                        "here are /health /ready /stats /metrics /console, and the server API under /api/\n")
                : found;
    }

    private static FullHttpResponse ready(@Nullable String not) {
        return not == null
                ? text(HttpResponseStatus.OK, "ready\n")
                : text(HttpResponseStatus.SERVICE_UNAVAILABLE, "not ready: " + not + "\n");
    }

    private FullHttpResponse json(Map<String, Object> report) throws JsonProcessingException {
        return response(HttpResponseStatus.OK, "application/json", json.writeValueAsString(report) + "\n");
    }

    private FullHttpResponse json(Answer answer) {
        try {
            FullHttpResponse response = json(answer.json());
            response.setStatus(HttpResponseStatus.valueOf(answer.status()));
            if (answer.status() == HttpResponseStatus.UNAUTHORIZED.code()) {
                response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
            }
            return response;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer that is no JSON", e);
        }
    }

    private static FullHttpResponse text(HttpResponseStatus status, String body) {
        return response(status, "text/plain; charset=utf-8", body);
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, String body) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        HttpUtil.setContentLength(response, response.content().readableBytes());
        return response;
    }

    private final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        /** Done when all requests so far are answered: an answer of the API may take a while, and order is HTTP's rule. */
        private CompletionStage<?> answered = CompletableFuture.completedFuture(null);

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) throws Exception {
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            boolean head = request.method().equals(HttpMethod.HEAD);
            answered = answered.thenCombine(answer(request), (done, response) -> {
                send(ctx, head ? RequestForm.withoutBody(response) : response, keepAlive);
                return response;
            });
        }

        private void send(ChannelHandlerContext ctx, FullHttpResponse response, boolean keepAlive) {
            response.headers().set("X-Content-Type-Options", "nosniff");
            HttpUtil.setKeepAlive(response, keepAlive);
            ChannelFuture sent = ctx.writeAndFlush(response);
            if (!keepAlive) {
                sent.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, @Nullable Throwable cause) {
            ctx.close();
        }
    }
}
