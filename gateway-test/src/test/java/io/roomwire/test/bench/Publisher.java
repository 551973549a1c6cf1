package io.roomwire.test.bench;

import io.netty.channel.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Says something at a fixed rate, come what may, in one place or in several in turn. Each message carries the time when it was due and not the time when it
 * was sent, so that a server, or this program, that falls behind shows in the latency (no coordinated omission).
 *
 * @param size characters of a content
 */
record Publisher(List<Place> places, int size) {
    /** @param envelope makes a frame's text of a content */
    private record Place(Channel channel, UnaryOperator<String> envelope) {}

    static Publisher inRoom(Channel channel, String room, int size) {
        return new Publisher(List.of(place(channel, room)), size);
    }

    /** In each of the rooms in turn, by a member of it. */
    static Publisher inRooms(Audience audience, int rooms, int size) {
        List<Channel> channels = audience.speakers();
        return new Publisher(
                IntStream.range(0, rooms)
                        .mapToObj(i -> place(channels.get(i), Audience.room(i)))
                        .toList(),
                size);
    }

    private static Place place(Channel channel, String room) {
        String head = "{\"type\":\"broadcast\",\"room_id\":\"" + room + "\",\"content\":\"";
        return new Place(channel, content -> head + content + "\"}");
    }

    /** Where whatever is said goes to all as it is. */
    static Publisher plain(Channel channel, int size) {
        return new Publisher(List.of(new Place(channel, content -> content)), size);
    }

    /** How many of so many members hear one message. */
    int hearers(int members) {
        return members / places.size();
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
            Place place = places.get(i % places.size());
            Listener.say(place.channel, place.envelope.apply(Stamp.content(dueNs, size)));
        }
        return count;
    }
}
