package io.roomwire.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    /** The client's request of RFC 6455, section 1.2. */
    private static HttpRequest request() {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/ws");
        request.headers()
                .set("Host", "server.example.com")
                .set("Upgrade", "websocket")
                .set("Connection", "Upgrade")
                .set("Sec-WebSocket-Key", KEY)
                .set("Sec-WebSocket-Version", "13");
        return request;
    }

    private static HttpRequest with(String header, String value) {
        HttpRequest request = request();
        request.headers().set(header, value);
        return request;
    }

    private static String answer(HttpRequest request, String extensions) {
        ByteBuf bytes = Handshake.accept(UnpooledByteBufAllocator.DEFAULT, request, extensions);
        try {
            return bytes.toString(StandardCharsets.US_ASCII);
        } finally {
            bytes.release();
        }
    }

    @Test
    void theAcceptKeyIsThatOfTheRfcsExample() {
        assertThat(Handshake.acceptKey(KEY)).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assertThat(Handshake.acceptKey(" " + KEY + "\t")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    @Test
    void theRequestOfTheRfcPasses() {
        assertThat(Handshake.check(request())).isNull();
    }

    @Test
    void headersAreReadAsBrowsersWriteThem() {
        HttpRequest request = request();
        request.headers().set("Upgrade", "WebSocket").set("Connection", "keep-alive, UPGRADE");

        assertThat(Handshake.check(request)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"Upgrade,426", "Connection,426", "Sec-WebSocket-Version,426", "Sec-WebSocket-Key,400", "Host,400"})
    void whatIsMissingIsSaid(String header, int status) {
        HttpRequest request = request();
        request.headers().remove(header);

        Handshake.Refusal refusal = Handshake.check(request);

        assertThat(refusal).isNotNull();
        assertThat(refusal.status().code()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "Upgrade,h2c,426",
        "Connection,close,426",
        "Sec-WebSocket-Version,8,426",
        "Sec-WebSocket-Version,14,426",
        "Sec-WebSocket-Key,'',400",
        "Sec-WebSocket-Key,dGhlIHNhbXBsZSBub25j,400",
        "Sec-WebSocket-Key,dGhlIHNhbXBsZSBub25jZWU=,400",
        "Sec-WebSocket-Key,dGhlIHNhbXBsZSBub25jZQ!!,400"
    })
    void whatIsWrongIsSaid(String header, String value, int status) {
        Handshake.Refusal refusal = Handshake.check(with(header, value));

        assertThat(refusal).isNotNull();
        assertThat(refusal.status().code()).isEqualTo(status);
    }

    @Test
    void onlyAGetOfHttp11CanBecomeAWebSocket() {
        HttpRequest post = request().setMethod(HttpMethod.POST);
        HttpRequest old = request().setProtocolVersion(HttpVersion.HTTP_1_0);

        assertThat(Handshake.check(post)).isNotNull();
        assertThat(Handshake.check(old)).isNotNull();
    }

    @Test
    void theAnswerIsThatOfTheRfcAndNothingElse() {
        assertThat(answer(request(), null))
                .isEqualTo(String.join(
                        "\r\n",
                        "HTTP/1.1 101 Switching Protocols",
                        "Upgrade: websocket",
                        "Connection: Upgrade",
                        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                        "",
                        ""));
    }

    @Test
    void compressionIsAnsweredWithoutContextTakeoverOnEitherSide() {
        HttpRequest request = with("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");

        assertThat(answer(request, Handshake.deflateAnswer(request)))
                .endsWith("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"
                        + " client_no_context_takeover\r\n\r\n");
    }

    /** RFC 7692, section 7.1.2.1. */
    @Test
    void whoNamesAWindowForTheServerIsToldThatItIsKept() {
        HttpRequest request = with("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=15");

        assertThat(Handshake.deflateAnswer(request)).endsWith("; server_max_window_bits=15");
    }

    @Test
    void aSubprotocolIsAnsweredOnlyIfItWasOfferedAndIsOurs() {
        String ours = "\r\nSec-WebSocket-Protocol: roomwire.v1\r\n";

        assertThat(answer(with("Sec-WebSocket-Protocol", "roomwire.v1"), null)).contains(ours);
        assertThat(answer(with("Sec-WebSocket-Protocol", "chat, roomwire.v1, bearer.abc"), null))
                .contains(ours)
                .doesNotContain("bearer");
        assertThat(answer(with("Sec-WebSocket-Protocol", "chat"), null)).doesNotContain("Sec-WebSocket-Protocol");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "permessage-deflate",
                "Permessage-Deflate",
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; client_max_window_bits=10",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; server_max_window_bits=15",
                "x-webkit-deflate-frame, permessage-deflate",
                "permessage-deflate; server_max_window_bits=\"15\"; client_max_window_bits=\"8\"",
                "permessage-deflate ;client_max_window_bits = 9",
                "permessage-deflate; server_max_window_bits=10, permessage-deflate",
                "permessage-deflate; unheard_of, permessage-deflate; client_max_window_bits",
                "permessage-deflate; client_max_window_bits; client_max_window_bits=9, permessage-deflate",
                ";, permessage-deflate"
            })
    void theseOfferCompressionThatWeSpeak(String offers) {
        assertThat(Handshake.deflateAnswer(with("Sec-WebSocket-Extensions", offers)))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x-webkit-deflate-frame",
                "permessage-deflated",
                "permessage-bzip2",
                "permessage-deflate; server_max_window_bits=10",
                "permessage-deflate; server_max_window_bits=8; client_max_window_bits",
                "permessage-deflate; unheard_of",
                "permessage-deflate; unheard_of=15",
                "permessage-deflate;",
                "permessage-deflate; server_max_window_bits",
                "permessage-deflate; server_max_window_bits=",
                "permessage-deflate; server_max_window_bits=015",
                "permessage-deflate; server_max_window_bits=\"15",
                "permessage-deflate; client_max_window_bits=",
                "permessage-deflate; client_max_window_bits=7",
                "permessage-deflate; client_max_window_bits=16",
                "permessage-deflate; client_max_window_bits=08",
                "permessage-deflate; client_max_window_bits=ten",
                "permessage-deflate; client_no_context_takeover=1",
                "permessage-deflate; server_no_context_takeover=true",
                "permessage-deflate; client_max_window_bits; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=15; server_max_window_bits=15",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover"
            })
    void theseDoNot(String offers) {
        assertThat(Handshake.deflateAnswer(with("Sec-WebSocket-Extensions", offers)))
                .isNull();
    }

    @Test
    void withoutTheHeaderNothingIsOffered() {
        assertThat(Handshake.deflateAnswer(request())).isNull();
    }

    @Test
    void offersMayBeSpreadOverHeaders() {
        HttpRequest request = with("Sec-WebSocket-Extensions", "x-other");
        request.headers().add("Sec-WebSocket-Extensions", "permessage-deflate");

        assertThat(Handshake.deflateAnswer(request)).isNotNull();
    }
}
