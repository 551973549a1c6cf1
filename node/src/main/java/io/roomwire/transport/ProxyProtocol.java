package io.roomwire.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.roomwire.config.Network;
import io.roomwire.connection.Client;
import io.roomwire.ops.HandshakeRefusal;
import io.roomwire.ops.Metrics;
import io.roomwire.ops.Rarely;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PROXY protocol, versions 1 and 2: a balancer says in a header, before anything else, whose connection it hands on.
 * Required from the trusted networks. From all others it is a request that is no HTTP, and nothing looks out for it.
 *
 * <p>Shared by all loops; a call about a channel comes on its loop's thread.
 */
final class ProxyProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyProtocol.class);
    /** Told to the handlers behind once a channel's header was read, so that its client is known. */
    static final Object HEADER_WAS_READ = new Object();

    private final List<IpSubnetFilterRule> trusted;
    private final Metrics metrics;
    private final Rarely logged = new Rarely();

    ProxyProtocol(List<Network> trusted, Metrics metrics) {
        this.trusted = trusted.stream()
                .map(network ->
                        new IpSubnetFilterRule(network.address(), network.prefixLength(), IpFilterRuleType.ACCEPT))
                .toList();
        this.metrics = metrics;
    }

    /** Whether connections from there have to begin with the header. */
    boolean isRequiredFrom(InetSocketAddress peer) {
        for (IpSubnetFilterRule network : trusted) {
            if (network.matches(peer)) {
                return true;
            }
        }
        return false;
    }

    /** Reads the header of a channel on which nothing was read yet; both handlers are gone when it is there. */
    void expectHeader(Channel channel) {
        channel.pipeline().addLast(new HAProxyMessageDecoder()).addLast(new Header());
    }

    /** Whether the header is still to come. */
    static boolean expectsHeader(Channel channel) {
        return channel.pipeline().get(Header.class) != null;
    }

    /** The client's own address for the log. */
    static String addressOf(Channel channel) {
        InetAddress client = Client.of(channel);
        return client == null ? "a connection that is gone" : client.getHostAddress();
    }

    /** The source that the header names; null if it names none, so that the peer speaks for itself. */
    private static @Nullable InetAddress sourceOf(HAProxyMessage header) throws UnknownHostException {
        AddressFamily family = header.proxiedProtocol().addressFamily();
        if (family != AddressFamily.AF_IPv4 && family != AddressFamily.AF_IPv6) {
            return null; // a health check (LOCAL), a socket without an address (UNKNOWN, AF_UNSPEC, AF_UNIX)
        }
        // Makes an IPv4 address of one that is mapped to IPv6, so that a client is counted once.
        return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(header.sourceAddress()));
    }

    private final class Header extends ChannelDuplexHandler {
        private boolean refused;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws UnknownHostException {
            try {
                InetAddress source = sourceOf((HAProxyMessage) message);
                if (source != null) {
                    Client.named(ctx.channel(), source);
                }
            } finally {
                ReferenceCountUtil.release(message); // the decoder removes itself, and hands on what it has read beyond
            }
            ctx.fireUserEventTriggered(HEADER_WAS_READ);
            ctx.pipeline().remove(this);
        }

        /** We end it: the clock of the handshake has run out. */
        @Override
        public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
            refuse(ctx, "none came within handshake.timeout");
            ctx.close(promise);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (cause instanceof DecoderException) {
                refuse(ctx, "what came is none");
                ctx.close();
            } else {
                ctx.fireExceptionCaught(cause);
            }
        }

        private void refuse(ChannelHandlerContext ctx, String why) {
            if (refused) {
                return; // the decoder fails a second time over what was left when the channel closed
            }
            refused = true;
            metrics.handshakeRefused(HandshakeRefusal.PROXY_HEADER);
            if (logged.now()) {
                LOG.warn(
                        "{} sent no PROXY header ({}): let what stands there send one (HAProxy:"
                                + " send-proxy-v2), or take its network out of proxy-protocol.trusted",
                        addressOf(ctx.channel()),
                        why);
            }
        }
    }
}
