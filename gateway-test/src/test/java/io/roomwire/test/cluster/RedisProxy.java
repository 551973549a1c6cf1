package io.roomwire.test.cluster;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A way to Redis on which messages of pub/sub get lost, come twice, or come behind later ones, by a seed: what a relay
 * may do, far more often than any does. All else passes as it is, but for an answer that a test takes away.
 *
 * <p>Any thread may call.
 */
public final class RedisProxy implements AutoCloseable {
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final InetSocketAddress redis;
    private final Random random; // only the loop, which is one thread
    private final int port;
    private volatile double share;
    private volatile @Nullable Pattern cutAt;

    private final LongAdder dropped = new LongAdder();
    private final LongAdder doubled = new LongAdder();
    private final LongAdder swapped = new LongAdder();

    private RedisProxy(InetSocketAddress redis, long seed) {
        this.redis = redis;
        random = new Random(seed);
        Channel server = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false) // until there is somebody to hand it on to
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel node) {
                        join(node);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        port = ((InetSocketAddress) server.localAddress()).getPort();
    }

    public static RedisProxy before(TestRedis redis, long seed) {
        URI uri = URI.create(redis.uri());
        return new RedisProxy(new InetSocketAddress(uri.getHost(), uri.getPort()), seed);
    }

    /** From now on this share of the messages is dropped, as many are doubled, and as many swapped with the next. */
    public RedisProxy spoil(double share) {
        this.share = share;
        return this;
    }

    /** In place of the next answer that looks like that, the connection is cut: Redis has done it, and nobody is told. */
    public void cutInPlaceOf(Pattern answer) {
        cutAt = answer;
    }

    /** Whether that has happened. */
    public boolean hasCut() {
        return cutAt == null;
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    public long dropped() {
        return dropped.sum();
    }

    public long doubled() {
        return doubled.sum();
    }

    public long swapped() {
        return swapped.sum();
    }

    private void join(Channel node) {
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel server) {
                        server.pipeline().addLast(new RespValues(), new Spoiler(), new HandOn(node));
                    }
                })
                .connect(redis);
        node.pipeline().addLast(new HandOn(connecting.channel()));
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                node.config().setAutoRead(true);
            } else {
                node.close();
            }
        });
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Override
    public String toString() {
        return "relay: " + dropped + " dropped, " + doubled + " doubled, " + swapped + " swapped";
    }

    /** Gives all that comes to the other side, and ends with it. */
    private static final class HandOn extends ChannelInboundHandlerAdapter {
        private final Channel other;

        HandOn(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            other.writeAndFlush(bytes);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            other.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // one of the ends was killed, as tests do
        }
    }

    /** Does to messages what {@link #spoil} says. */
    private final class Spoiler extends ChannelInboundHandlerAdapter {
        /** Comes behind the next one. */
        private @Nullable ByteBuf late;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object value) {
            ByteBuf message = (ByteBuf) value;
            if (!RespValues.isMessage(message)) {
                answered(ctx, message);
                return;
            }
            double dice = random.nextDouble();
            if (dice < share) {
                dropped.increment();
                message.release();
            } else if (dice < 2 * share && late == null) {
                swapped.increment();
                late = message;
            } else {
                if (dice > 1 - share) {
                    doubled.increment();
                    ctx.fireChannelRead(message.retainedDuplicate());
                }
                ctx.fireChannelRead(message);
                if (late != null) {
                    ctx.fireChannelRead(late);
                    late = null;
                }
            }
        }

        private void answered(ChannelHandlerContext ctx, ByteBuf answer) {
            Pattern cut = cutAt;
            if (cut != null
                    && cut.matcher(answer.toString(StandardCharsets.ISO_8859_1)).matches()) {
                cutAt = null;
                answer.release();
                ctx.close();
            } else {
                ctx.fireChannelRead(answer);
            }
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (late != null) {
                late.release();
            }
        }
    }
}
