package io.roomwire.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request from JSON. One pass, no tree: {@code content} is checked and its bytes are copied as they stand.
 *
 * <p>Not thread safe: one for each event loop, used again for every frame.
 */
public final class RequestReader {

    /** Interning the field names of strangers would fill a table that the whole JVM shares. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private enum Field {
        TYPE,
        ID,
        ROOM_ID,
        USER_ID,
        CONTENT,
        AFTER,
        BEFORE,
        SINCE,
        UNTIL,
        LIMIT,
        EPOCH,
        PRESENCE,
        TOKEN;

        static final Map<String, Field> BY_NAME = new HashMap<>();

        static {
            for (Field field : values()) {
                BY_NAME.put(field.wireName(), field);
            }
        }

        String wireName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** What the frame held: a String, Long or Boolean; {@link #MISFIT} for any other value; null and absent are alike. */
    private final EnumMap<Field, Object> fields = new EnumMap<>(Field.class);

    private static final Object MISFIT = new Object();

    private int contentStart = -1;
    private int contentEnd = -1;

    /**
     * Reads {@code length} bytes of valid UTF-8 from the start of {@code json}, which stays the caller's.
     *
     * @throws RequestException {@code bad_json}, {@code bad_request} or {@code unknown_type}; has the request's id where
     *     one was read
     */
    public Request read(byte[] json, int length) {
        fields.clear();
        contentStart = -1;
        try {
            checkEncoding(json, length);
            scan(json, length);
            return request(json);
        } catch (RequestException e) {
            throw e.answering(idToRepeat());
        }
    }

    /**
     * Jackson would pass over a byte order mark, and take zeros for UTF-16 or UTF-32. RFC 8259, section 8.1, allows none of
     * them; in UTF-8 a JSON text begins with an ASCII character that is no zero, and has no zero behind it.
     */
    private static void checkEncoding(byte[] json, int length) {
        if ((length > 0 && json[0] <= 0) || (length > 1 && json[1] == 0)) {
            throw new RequestException(
                    ErrorCode.BAD_JSON, "not valid JSON: expected UTF-8 without a byte order mark, beginning with {");
        }
    }

    private void scan(byte[] json, int length) {
        try (JsonParser parser = JSON.createParser(json, 0, length)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new RequestException(ErrorCode.BAD_JSON, "empty frame, expected a JSON object");
            }
            if (first != JsonToken.START_OBJECT) {
                throw new RequestException(ErrorCode.BAD_REQUEST, "expected a JSON object");
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                Field field = Field.BY_NAME.get(name);
                if (field == Field.CONTENT) {
                    contentStart = (int) parser.currentTokenLocation().getByteOffset();
                    skip(parser);
                    contentEnd = (int) parser.currentLocation().getByteOffset();
                } else if (field == null) {
                    skip(parser);
                } else {
                    take(field, token, parser);
                }
            }
            if (parser.nextToken() != null) {
                throw new RequestException(ErrorCode.BAD_JSON, "more than one JSON value in the frame");
            }
        } catch (StreamConstraintsException e) {
            throw new RequestException(
                    ErrorCode.BAD_REQUEST,
                    "JSON beyond limits: nested too deeply, or a name or number that is too long");
        } catch (JsonProcessingException e) {
            throw new RequestException(ErrorCode.BAD_JSON, problem(e));
        } catch (IOException e) {
            throw new AssertionError("an array in memory can be read", e);
        }
    }

    private void take(Field field, JsonToken token, JsonParser parser) throws IOException {
        switch (token) {
            case VALUE_STRING -> fields.put(field, parser.getText());
            case VALUE_NUMBER_INT -> {
                boolean fits = parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
                fields.put(field, fits ? (Object) parser.getLongValue() : MISFIT);
            }
            case VALUE_TRUE, VALUE_FALSE -> fields.put(field, token == JsonToken.VALUE_TRUE);
            case VALUE_NULL -> fields.remove(field);
            default -> {
                skip(parser);
                fields.put(field, MISFIT);
            }
        }
    }

    /** Reads the whole value, so that a bad one is found and the position behind it is known. */
    private static void skip(JsonParser parser) throws IOException {
        parser.skipChildren();
        parser.finishToken();
    }

    private static String problem(JsonProcessingException e) {
        String where =
                e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset();
        String what = e instanceof JsonParseException ? e.getOriginalMessage() : "unexpected end";
        // Jackson's own idea of where it read from says nothing to a client.
        String plain = what.split("\\s*\\(start marker|\\s*\\[Source", 2)[0];
        return "not valid JSON" + where + ": " + plain;
    }

    private Request request(byte[] json) {
        String id = requestId();
        String type = text(Field.TYPE);
        return switch (type) {
            case "join" -> join(id);
            case "leave" -> new Request.Leave(id, room());
            case "broadcast" -> new Request.Broadcast(id, room(), content(json));
            case "direct" -> new Request.Direct(id, user(), content(json));
            case "history" -> new Request.History(id, room(), range());
            case "presence" -> new Request.Presence(id, room());
            case "auth" -> new Request.Auth(id, text(Field.TOKEN));
            case "ping" -> new Request.Ping(id);
            default -> {
                String shown = type.length() > 40 ? type.substring(0, 40) + "..." : type;
                throw new RequestException(ErrorCode.UNKNOWN_TYPE, "unknown type \"" + shown + "\"");
            }
        };
    }

    private Request join(@Nullable String id) {
        boolean named = fields.get(Field.USER_ID) != null;
        return new Request.Join(
                id, room(), named ? user() : null, seq(Field.AFTER), optionalText(Field.EPOCH), flag(Field.PRESENCE));
    }

    private @Nullable String requestId() {
        String id = optionalText(Field.ID);
        return id == null ? null : Ids.request(id);
    }

    /** What a client may make us repeat is bounded; the frame may have broken off before its id was looked at. */
    private @Nullable String idToRepeat() {
        try {
            return requestId();
        } catch (RequestException notAllowed) {
            return null;
        }
    }

    private RoomId room() {
        return new RoomId(text(Field.ROOM_ID));
    }

    private UserId user() {
        return new UserId(text(Field.USER_ID));
    }

    private byte[] content(byte[] json) {
        if (contentStart < 0) {
            throw missing(Field.CONTENT);
        }
        return Arrays.copyOfRange(json, contentStart, contentEnd);
    }

    private Range range() {
        return Range.asked(
                seq(Field.BEFORE),
                seq(Field.AFTER),
                optionalText(Field.SINCE),
                optionalText(Field.UNTIL),
                seq(Field.LIMIT));
    }

    private String text(Field field) {
        String text = optionalText(field);
        if (text == null) {
            throw missing(field);
        }
        return text;
    }

    private @Nullable String optionalText(Field field) {
        Object value = fields.get(field);
        if (value != null && !(value instanceof String)) {
            throw wrong(field, "a string");
        }
        return (String) value;
    }

    private @Nullable Long seq(Field field) {
        Object value = fields.get(field);
        if (value != null && !(value instanceof Long number && number >= 0)) {
            throw wrong(field, "a whole number from 0 to " + Long.MAX_VALUE);
        }
        return (Long) value;
    }

    private boolean flag(Field field) {
        Object value = fields.get(field);
        if (value != null && !(value instanceof Boolean)) {
            throw wrong(field, "true or false");
        }
        return Boolean.TRUE.equals(value);
    }

    private static RequestException missing(Field field) {
        return new RequestException(ErrorCode.BAD_REQUEST, field.wireName() + " is missing");
    }

    private static RequestException wrong(Field field, String expected) {
        return new RequestException(
                ErrorCode.BAD_REQUEST, field.wireName() + " has the wrong type, expected " + expected);
    }
}
