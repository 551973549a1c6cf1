package io.roomwire.test.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/**
 * One text frame as it came. Parsed when somebody asks, since a crowd of 10,000 mostly counts.
 *
 * <p>Any thread may read it.
 */
public final class Frame {
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private final String text;
    private final long arrivedNs;
    private volatile @Nullable JsonNode json;

    Frame(String text, long arrivedNs) {
        this.text = text;
        this.arrivedNs = arrivedNs;
    }

    /** The bytes that were on the wire, as text. */
    public String text() {
        return text;
    }

    /** When it came, by {@link System#nanoTime}. */
    public long arrivedNs() {
        return arrivedNs;
    }

    public JsonNode json() {
        JsonNode parsed = json;
        if (parsed == null) {
            try {
                parsed = JSON.readTree(text);
            } catch (JsonProcessingException e) {
                throw new AssertionError("a frame that is not JSON: " + text, e);
            }
            json = parsed;
        }
        return parsed;
    }

    public String type() {
        return json().path("type").asText();
    }

    public boolean is(String type) {
        return type().equals(type);
    }

    /** A field that must be there, as text. */
    public String get(String field) {
        return required(field).asText();
    }

    /** A field that must be there and be a whole number. */
    public long number(String field) {
        JsonNode value = required(field);
        if (!value.isIntegralNumber()) {
            throw new AssertionError(field + " is not a whole number in " + text);
        }
        return value.asLong();
    }

    public long seq() {
        return number("seq");
    }

    public JsonNode content() {
        return required("content");
    }

    public boolean has(String field) {
        return json().has(field);
    }

    private JsonNode required(String field) {
        JsonNode value = json().get(field);
        if (value == null) {
            throw new AssertionError("no " + field + " in " + text);
        }
        return value;
    }

    @Override
    public String toString() {
        return text;
    }
}
