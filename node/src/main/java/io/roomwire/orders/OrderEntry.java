package io.roomwire.orders;

import static io.roomwire.redis.RedisScript.arg;

import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An order as an entry of a stream in Redis. */
final class OrderEntry {
    private static final String KIND = "order";
    private static final String USER = "user";
    private static final String ROOM = "room";
    private static final String BEFORE = "before";

    private static final String DISCONNECT = "disconnect";
    private static final String REMOVE = "remove";
    private static final String REVOKE = "revoke";

    private OrderEntry() {}

    static Map<String, byte[]> of(Order order) {
        Map<String, byte[]> entry = new HashMap<>();
        entry.put(USER, arg(order.user().text()));
        if (order instanceof Order.Remove remove) {
            entry.put(KIND, arg(REMOVE));
            entry.put(ROOM, arg(remove.room().text()));
        } else if (order instanceof Order.Revoke revoke) {
            entry.put(KIND, arg(REVOKE));
            entry.put(BEFORE, arg(revoke.issuedBeforeS()));
        } else {
            entry.put(KIND, arg(DISCONNECT));
        }
        return entry;
    }

    /** Null if it is none that this version knows. */
    static @Nullable Order read(Map<String, byte[]> entry) {
        try {
            UserId user = new UserId(text(entry, USER));
            return switch (text(entry, KIND)) {
                case DISCONNECT -> new Order.Disconnect(user);
                case REMOVE -> new Order.Remove(user, new RoomId(text(entry, ROOM)));
                case REVOKE -> new Order.Revoke(user, Long.parseLong(text(entry, BEFORE)));
                default -> null;
            };
        } catch (RequestException | NumberFormatException e) {
            return null;
        }
    }

    private static String text(Map<String, byte[]> entry, String field) {
        byte[] value = entry.get(field);
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }
}
