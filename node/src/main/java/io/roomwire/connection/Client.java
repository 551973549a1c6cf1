package io.roomwire.connection;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Whose connection a channel is: its peer's, unless a balancer has said otherwise. Any thread may call. */
public final class Client {
    private static final AttributeKey<InetAddress> NAMED = AttributeKey.valueOf("roomwire.client-address");

    private Client() {}

    /** A balancer that is believed has named it. */
    public static void named(Channel channel, InetAddress address) {
        channel.attr(NAMED).set(address);
    }

    /** Its address; null if the channel is gone already. */
    public static @Nullable InetAddress of(Channel channel) {
        if (channel.hasAttr(NAMED)) {
            return channel.attr(NAMED).get();
        }
        return channel.remoteAddress() instanceof InetSocketAddress peer ? peer.getAddress() : null;
    }
}
