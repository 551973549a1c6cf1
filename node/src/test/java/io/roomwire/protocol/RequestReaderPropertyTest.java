package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RequestReaderPropertyTest {
    private final RequestReader reader = new RequestReader();

    private Request read(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return reader.read(bytes, bytes.length);
    }

    @Provide
    Arbitrary<String> json() {
        return value(3);
    }

    /** Any value, with the white space and the spellings that a tree would not keep. */
    private static Arbitrary<String> value(int depth) {
        Arbitrary<String> number = Arbitraries.of("0", "-0", "1.50", "1e5", "-1E+05", "123456789012345678901234567890");
        Arbitrary<String> string = Arbitraries.strings()
                .withChars('a', 'é', '\u20AC', ' ', '}', ']', ',', ':', '{', '\u007F', '\u2028')
                .ofMaxLength(10)
                .flatMap(text -> Arbitraries.of("", "\\\"", "\\\\", "\\/", "\\u0000", "\\ud83d", "\uD83D\uDE00")
                        .map(escape -> '"' + text + escape + '"'));
        Arbitrary<String> leaf =
                Arbitraries.oneOf(number, string, Arbitraries.of("true", "false", "null", "{}", "[]", "[ ]", "{\t}"));
        if (depth == 0) {
            return leaf;
        }
        Arbitrary<String> space = Arbitraries.of("", " ", "\n\t", "\r\n");
        Arbitrary<String> inner = value(depth - 1);
        Arbitrary<String> array = space.flatMap(gap ->
                inner.list().ofMaxSize(3).map(all -> "[" + gap + String.join(gap + "," + gap, all) + gap + "]"));
        Arbitrary<String> object =
                space.flatMap(gap -> inner.list().ofMaxSize(3).map(all -> {
                    List<String> fields = new ArrayList<>();
                    for (String each : all) {
                        fields.add("\"content\"" + gap + ":" + gap + each);
                    }
                    return "{" + gap + String.join(gap + ",", fields) + gap + "}";
                }));
        return Arbitraries.oneOf(leaf, array, object);
    }

    @Property
    void contentComesBackByteForByteWhereverItStands(
            @ForAll("json") String content, @ForAll("json") String other, @ForAll Random random) {
        List<String> fields = new ArrayList<>(List.of(
                "\"type\":\"broadcast\"",
                "\"room_id\" : \"r\\u00e9\"",
                "\"id\":\"m-1\"",
                "\"content\":" + content,
                "\"content \":" + other,
                "\"mehr\":\t" + other));
        java.util.Collections.shuffle(fields, random);

        Request.Broadcast broadcast = (Request.Broadcast) read(" {" + String.join(" , ", fields) + "}\n");

        assertThat(new String(broadcast.content(), StandardCharsets.UTF_8)).isEqualTo(content);
        assertThat(broadcast.room().text()).isEqualTo("r\u00e9");
        assertThat(broadcast.id()).isEqualTo("m-1");
    }

    private void readOrRefused(byte[] bytes) {
        try {
            assertThat(reader.read(bytes, bytes.length)).isNotNull();
        } catch (RequestException e) {
            assertThat(e.code()).isIn(ErrorCode.BAD_JSON, ErrorCode.BAD_REQUEST, ErrorCode.UNKNOWN_TYPE);
        }
    }

    @Property
    void anyBytesAreARequestOrARefusal(@ForAll byte[] bytes) {
        readOrRefused(bytes);
    }

    @Property
    void anyTextIsARequestOrARefusal(@ForAll("shards") List<String> shards) {
        readOrRefused(String.join("", shards).getBytes(StandardCharsets.UTF_8));
    }

    /** Pieces of requests, so that random text comes deep into the reader. */
    @Provide
    Arbitrary<List<String>> shards() {
        return Arbitraries.oneOf(
                        Arbitraries.of(
                                "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "null", "-", "1", "e9",
                                " "),
                        Arbitraries.of("\"type\":\"", "\"room_id\":", "\"id\":\"", "\"content\":", "\"ping\"", "join"),
                        Arbitraries.strings().ofMaxLength(3))
                .list()
                .ofMaxSize(20);
    }

    @Property
    void aFrameThatBreaksOffIsBadJson(@ForAll("json") String content) {
        String whole = "{\"type\":\"broadcast\",\"id\":\"m\",\"room_id\":\"r\",\"content\":" + content + "}";
        byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < bytes.length; length++) {
            int cut = length;
            RequestException refusal = org.assertj.core.api.Assertions.catchThrowableOfType(
                    RequestException.class, () -> reader.read(bytes, cut));
            assertThat(refusal).as("%d of %d bytes", cut, bytes.length).isNotNull();
            assertThat(refusal.code()).isEqualTo(ErrorCode.BAD_JSON);
        }
    }

    @Example
    void contentOfManyKilobytesComesBackWhole() {
        String content = "\"" + "x\u20AC\\n".repeat(20_000) + "\"";

        Request.Broadcast broadcast =
                (Request.Broadcast) read("{\"content\":" + content + ",\"type\":\"broadcast\",\"room_id\":\"r\"}");

        assertThat(new String(broadcast.content(), StandardCharsets.UTF_8)).isEqualTo(content);
    }
}
