package io.roomwire.transport;

import io.roomwire.config.Config.Limits;
import io.roomwire.config.Network;
import io.roomwire.protocol.CloseCode;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How many connections there may be, in all and from one address. Any thread may call.
 *
 * <p>The maps hold an entry for each address that is connected now, so they are bounded by the limits of connections.
 */
final class Admission {
    /** Browsers open six to load a page, and one of them asks for a WebSocket. */
    private static final int BESIDE_WEB_SOCKETS = 8;

    private final Limits limits;
    private final AtomicInteger handshakes = new AtomicInteger();
    private final AtomicInteger all = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<InetAddress, Integer> handshakesByAddress = new ConcurrentHashMap<>();

    Admission(Limits limits) {
        this.limits = limits;
    }

    /** Whether one more may come that is no WebSocket yet. */
    boolean mayShakeHands() {
        return !Limits.reached(limits.handshakes(), handshakes.get());
    }

    /** One has come; {@link #handshakeEnds} follows, whatever becomes of it. */
    void handshakeBegins() {
        handshakes.incrementAndGet();
    }

    void handshakeEnds() {
        handshakes.decrementAndGet();
    }

    /**
     * It is known from where one has come that is no WebSocket yet. As many may be as there may be WebSockets, and some more.
     *
     * @return whether it may stay; then {@link #handshakeEndsFrom} has to follow
     */
    boolean handshakeBeginsFrom(InetAddress address) {
        int limit = limits.connectionsPerAddress();
        if (limit > 0
                && handshakesByAddress.merge(Network.countedAs(address), 1, Integer::sum)
                        > (long) limit + BESIDE_WEB_SOCKETS) {
            handshakeEndsFrom(address);
            return false;
        }
        return true;
    }

    void handshakeEndsFrom(InetAddress address) {
        oneLess(handshakesByAddress, address);
    }

    /** Lets a connection in, or says with which code it has to go; who is let in has to {@link #leave}. */
    @Nullable
    CloseCode enter(InetAddress address) {
        if (Limits.reached(limits.connections(), all.getAndIncrement())) {
            all.decrementAndGet();
            return CloseCode.TRY_AGAIN_LATER;
        }
        if (limits.connectionsPerAddress() > 0
                && byAddress.merge(Network.countedAs(address), 1, Integer::sum) > limits.connectionsPerAddress()) {
            leave(address);
            return CloseCode.TOO_MANY_CONNECTIONS;
        }
        return null;
    }

    /** Connections that were let in and have not left. */
    int count() {
        return all.get();
    }

    void leave(InetAddress address) {
        all.decrementAndGet();
        oneLess(byAddress, address);
    }

    private void oneLess(ConcurrentHashMap<InetAddress, Integer> counts, InetAddress address) {
        if (limits.connectionsPerAddress() > 0) {
            counts.computeIfPresent(Network.countedAs(address), (key, count) -> count == 1 ? null : count - 1);
        }
    }
}
