package io.roomwire.hook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.roomwire.config.Hook.Event;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * May that user do this?
 *
 * @param room null where it is about none
 * @param content what is to be said, one JSON value; null where nothing is
 */
@SuppressWarnings("ArrayRecordComponent") // as in Message
public record Question(Event event, UserId user, @Nullable RoomId room, byte @Nullable [] content) {
    private static final JsonFactory JSON = new JsonFactory();

    /** What an answer that may be kept is about: the content is not in it. */
    record Key(Event event, UserId user, @Nullable RoomId room) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::user)
                .thenComparing(Key::room, Comparator.nullsFirst(Comparator.naturalOrder()));

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other); // as in UserId
        }
    }

    Key key() {
        return new Key(event, user, room);
    }

    /** The request's body. */
    byte[] json() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("event", event.wireName());
            json.writeStringField("user_id", user.text());
            if (room != null) {
                json.writeStringField("room_id", room.text());
            }
            if (content != null) {
                json.writeFieldName("content");
                json.writeRawValue(new String(content, StandardCharsets.UTF_8));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new AssertionError("memory can be written to", e);
        }
        return out.toByteArray();
    }
}
