package io.roomwire.test.bench;

import io.netty.channel.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Says something at a fixed rate, come what may, in one place or in several in turn. Each message carries the time when it
 * was due and not the time when it was sent, so that a server, or this program, that falls behind shows in the latency (no
 * coordinated omission).
 *
 * @param size characters of a content
 * @param burst how many messages are due at the same time
 */
record Publisher(Dialect dialect, List<Place> places, int size, int burst) {
    record Place(Channel channel, String room) {}

    /** In one room, by the first of its members. */
    static Publisher inRoom(Audience audience, String room, Load load) {
        return of(audience, List.of(new Place(audience.speaker(), room)), load);
    }

    /** In each of the rooms in turn, by a member of it. */
    static Publisher inRooms(Audience audience, int rooms, Load load) {
        List<Channel> channels = audience.speakers();
        return of(
                audience,
                IntStream.range(0, rooms)
                        .mapToObj(i -> new Place(channels.get(i), Audience.room(i)))
                        .toList(),
                load);
    }

    static Publisher of(Audience audience, List<Place> places, Load load) {
        return new Publisher(audience.dialect(), places, load.size(), load.burst());
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
            long dueNs = startNs + (long) ((i - i % burst) * intervalNs);
            for (long waitNs = dueNs - Stamp.nowNs(); waitNs > 0; waitNs = dueNs - Stamp.nowNs()) {
                LockSupport.parkNanos(waitNs);
            }
            Place place = places.get(i % places.size());
            Listener.say(place.channel, dialect, dialect.message(place.room, Stamp.content(dueNs, size)));
        }
        return count;
    }
}
