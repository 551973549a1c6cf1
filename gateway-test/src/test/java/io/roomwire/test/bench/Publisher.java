package io.roomwire.test.bench;

import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * Says something at a fixed rate, come what may. Each message carries the time when it was due and not the time when it
 * was sent, so that a server, or this program, that falls behind shows in the latency (no coordinated omission).
 *
 * @param envelope makes a frame's text of a content
 */
record Publisher(Channel channel, UnaryOperator<String> envelope, int size) {
    static Publisher inRoom(Channel channel, String room, int size) {
        String head = "{\"type\":\"broadcast\",\"room_id\":\"" + room + "\",\"content\":\"";
        return new Publisher(channel, content -> head + content + "\"}", size);
    }

    /** Where whatever is said goes to all as it is. */
    static Publisher plain(Channel channel, int size) {
        return new Publisher(channel, content -> content, size);
    }

    /**
     * Speaks for so long, on the calling thread.
     *
     * @return how many messages
     */
    int speak(double perSecond, double seconds) {
        long startNs = Stamp.nowNs();
        double intervalNs = TimeUnit.SECONDS.toNanos(1) / perSecond;
        int count = (int) Math.round(perSecond * seconds);
        for (int i = 0; i < count; i++) {
            long dueNs = startNs + (long) (i * intervalNs);
            for (long waitNs = dueNs - Stamp.nowNs(); waitNs > 0; waitNs = dueNs - Stamp.nowNs()) {
                LockSupport.parkNanos(waitNs);
            }
            Listener.say(channel, envelope.apply(Stamp.content(dueNs, size)));
        }
        return count;
    }
}
