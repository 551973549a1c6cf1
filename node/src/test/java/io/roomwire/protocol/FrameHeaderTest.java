package io.roomwire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameHeaderTest {
    private static final ByteBufAllocator ALLOCATOR = UnpooledByteBufAllocator.DEFAULT;

    @Test
    void aPingHasNoPayload() {
        Frames.Opened ping = Frames.open(FrameHeader.ping(ALLOCATOR));

        assertThat(ping.first()).isEqualTo(0x89);
        assertThat(ping.payload()).isEmpty();
    }

    @Test
    void aPongGivesThePayloadBackAndLeavesItToTheCaller() {
        ByteBuf payload = Unpooled.copiedBuffer("--" + "x".repeat(125), StandardCharsets.US_ASCII)
                .skipBytes(2);

        Frames.Opened pong = Frames.open(FrameHeader.pong(ALLOCATOR, payload));

        assertThat(pong.first()).isEqualTo(0x8A);
        assertThat(pong.payload()).asString().isEqualTo("x".repeat(125));
        assertThat(payload.readableBytes()).isEqualTo(125);
        assertThat(payload.release()).isTrue();
    }

    @Test
    void aCloseWithoutACodeHasNoBody() {
        Frames.Opened close = Frames.open(FrameHeader.close(ALLOCATOR, 0, new byte[] {1}));

        assertThat(close.first()).isEqualTo(0x88);
        assertThat(close.payload()).isEmpty();
    }

    @Test
    void aReasonIsCutToWhatAControlFrameHolds() {
        byte[] payload =
                Frames.open(FrameHeader.close(ALLOCATOR, 4002, new byte[500])).payload();

        assertThat(payload).hasSize(125).startsWith(4002 >> 8, 4002 & 0xFF);
    }

    @ParameterizedTest
    @EnumSource(CloseCode.class)
    void everyOwnReasonFitsAndIsNotCut(CloseCode code) {
        byte[] reason = code.reason().getBytes(StandardCharsets.UTF_8);

        byte[] payload =
                Frames.open(FrameHeader.close(ALLOCATOR, code.code(), reason)).payload();

        assertThat(new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8))
                .isEqualTo(code.reason());
        assertThat(((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF)).isEqualTo(code.code());
    }

    @ParameterizedTest
    @EnumSource(CloseCode.class)
    void aClientThatBrokeTheProtocolGetsNoOrderlyEnd(CloseCode code) {
        assertThat(code.failsTheConnection())
                .isEqualTo(java.util.Set.of(1002, 1003, 1007, 1009).contains(code.code()));
    }
}
