package io.roomwire.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Ids;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one request. Read strictly: an order with a misspelt field would do something else than it says.
 *
 * <p>Each accessor throws {@link RequestException} {@code bad_request}, which names the field. For one thread.
 */
final class ApiFields {
    static final String USER = "user_id";
    static final String ROOM = "room_id";
    static final String CONTENT = "content";
    static final String ISSUED_BEFORE = "issued_before";
    static final String SENDER = "sender";
    static final String ID = "id";

    /** What clocks may differ; above all, milliseconds would revoke what is issued from now on. */
    private static final long MAX_AHEAD_S = 300;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** The texts and whole numbers, and the text of {@code content} as it stands. */
    private final Map<String, Object> values = new HashMap<>();

    private ApiFields() {}

    /**
     * @param known the fields that there may be
     * @throws RequestException {@code bad_json} or {@code bad_request}
     */
    static ApiFields read(byte[] body, Set<String> known) {
        ApiFields fields = new ApiFields();
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new RequestException(ErrorCode.BAD_JSON, "the body is not valid UTF-8");
        }
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw bad("the body has to be a JSON object with the fields " + known);
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                if (!known.contains(name)) {
                    throw bad(name + " is no field of this request, which has " + known);
                }
                fields.take(name, parser, text);
            }
            if (parser.nextToken() != null) {
                throw new RequestException(ErrorCode.BAD_JSON, "more than one JSON value in the body");
            }
        } catch (JsonProcessingException e) {
            throw new RequestException(ErrorCode.BAD_JSON, "the body is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new AssertionError("a text in memory can be read", e);
        }
        return fields;
    }

    private void take(String name, JsonParser parser, String text) throws IOException {
        JsonToken token = parser.nextToken();
        if (name.equals(CONTENT)) {
            int start = (int) parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            parser.finishToken();
            values.put(
                    name, text.substring(start, (int) parser.currentLocation().getCharOffset()));
        } else if (token == JsonToken.VALUE_STRING) {
            values.put(name, parser.getText());
        } else if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            values.put(name, parser.getLongValue());
        } else if (token != JsonToken.VALUE_NULL) {
            throw bad(name + " has to be a text or a whole number");
        }
    }

    private static RequestException bad(String message) {
        return new RequestException(ErrorCode.BAD_REQUEST, message);
    }

    private <T> T required(String name, Class<T> type, String expected) {
        Object value = values.get(name);
        if (value == null) {
            throw bad(name + " is missing");
        }
        if (!type.isInstance(value)) {
            throw bad(name + " has to be " + expected);
        }
        return type.cast(value);
    }

    private String text(String name) {
        return required(name, String.class, "a text");
    }

    UserId user() {
        return new UserId(text(USER));
    }

    RoomId room() {
        return new RoomId(text(ROOM));
    }

    /** @param fallback who it is without the field */
    UserId sender(UserId fallback) {
        if (!values.containsKey(SENDER)) {
            return fallback;
        }
        try {
            return new UserId(text(SENDER));
        } catch (RequestException e) {
            throw bad(SENDER + " has to be a user id: " + e.message());
        }
    }

    /** Unix seconds. */
    long issuedBefore() {
        long seconds = required(ISSUED_BEFORE, Long.class, "seconds since 1970, a whole number");
        long aheadS = seconds - TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
        if (seconds < 0 || aheadS > MAX_AHEAD_S) {
            throw bad(ISSUED_BEFORE + " has to be seconds since 1970, at most " + MAX_AHEAD_S + " ahead of now");
        }
        return seconds;
    }

    @Nullable
    String id() {
        return values.containsKey(ID) ? Ids.request(text(ID)) : null;
    }

    /** One JSON value, as it was written; UTF-8. */
    byte[] content() {
        return text(CONTENT).getBytes(StandardCharsets.UTF_8);
    }
}
