package io.roomwire.transport;

import io.roomwire.config.Config.Limits;
import io.roomwire.protocol.CloseCode;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How many connections there may be, in all and from one address. Any thread may call.
 *
 * <p>The map holds an entry for each address that is connected now, so it is bounded by the limit of connections.
 */
final class Admission {
    private final Limits limits;
    private final AtomicInteger handshakes = new AtomicInteger();
    private final AtomicInteger all = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

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

    /** Lets a connection in, or says with which code it has to go; who is let in has to {@link #leave}. */
    @Nullable
    CloseCode enter(InetAddress address) {
        if (Limits.reached(limits.connections(), all.getAndIncrement())) {
            all.decrementAndGet();
            return CloseCode.TRY_AGAIN_LATER;
        }
        if (limits.connectionsPerAddress() > 0
                && byAddress.merge(address, 1, Integer::sum) > limits.connectionsPerAddress()) {
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
        if (limits.connectionsPerAddress() > 0) {
            byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
        }
    }
}
