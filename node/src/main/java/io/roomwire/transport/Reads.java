package io.roomwire.transport;

import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * How many bytes of a socket are read at a time: the same for all. Netty's default guesses the next size for each
 * connection, and keeps 100 bytes for it.
 *
 * <p>Any loop may call. The counts of what is read are the loop's, and not two more objects of each connection: a loop
 * reads its sockets one after the other, sets them back before each, and nobody asks for them later.
 */
final class Reads implements RecvByteBufAllocator {
    private static final int BYTES = 4096;

    private final FastThreadLocal<ExtendedHandle> ofLoop = new FastThreadLocal<>() {
        @Override
        protected ExtendedHandle initialValue() {
            return (ExtendedHandle) new FixedRecvByteBufAllocator(BYTES).newHandle();
        }
    };

    @Override
    public ExtendedHandle newHandle() {
        return ofLoop.get();
    }
}
