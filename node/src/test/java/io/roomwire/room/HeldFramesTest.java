package io.roomwire.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.roomwire.config.Config.Overflow;
import io.roomwire.connection.Connection;
import io.roomwire.protocol.CloseCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@link Connection#send}: what a client gets for itself within one pass of its loop. */
class HeldFramesTest {
    private final OneLoop one = new OneLoop();
    private final OneLoop.Socket socket = new OneLoop.Socket();
    private final List<String> writes = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        one.run(socket::finishAndReleaseAll);
        one.close();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    private Connection connection() {
        return one.member(socket).connection();
    }

    /** One text for each write so far. */
    private List<String> writes() throws Exception {
        return one.call(() -> {
            for (ByteBuf each = socket.readOutbound(); each != null; each = socket.readOutbound()) {
                writes.add(each.toString(StandardCharsets.UTF_8));
                each.release();
            }
            return List.copyOf(writes);
        });
    }

    private void expectWrites(String... expected) {
        await().untilAsserted(() -> assertThat(writes()).containsExactly(expected));
    }

    @Test
    void framesOfOnePassAreOneWrite() throws Exception {
        one.run(() -> {
            Connection connection = connection();
            connection.send(bytes("a"));
            connection.send(bytes("b"));
            connection.send(bytes("c"));
            assertThat(socket.outboundMessages()).isEmpty();
        });
        expectWrites("abc");
    }

    @Test
    void whatFollowsComesBehindThem() throws Exception {
        one.run(() -> {
            Connection connection = connection();
            connection.send(bytes("a"));
            ByteBuf shared = bytes("b");
            connection.write(shared, Overflow.CLOSE);
            shared.release();
            connection.send(bytes("c"));
            connection.writePage(bytes("d"), () -> {});
        });
        expectWrites("a", "b", "c", "d");
    }

    @Test
    void theyGoOutBeforeTheGoodbye() throws Exception {
        one.run(() -> {
            Connection connection = connection();
            connection.send(bytes("a"));
            connection.close(CloseCode.GOING_AWAY);
            connection.send(bytes("b"));
        });
        await().untilAsserted(() -> assertThat(writes()).hasSize(2));
        assertThat(writes().get(0)).isEqualTo("a");
        assertThat(writes().get(1)).contains(CloseCode.GOING_AWAY.reason());
    }

    @Test
    void aLargeOneIsNotCopied() throws Exception {
        String large = "x".repeat(40_000);
        one.run(() -> {
            Connection connection = connection();
            connection.send(bytes("a"));
            connection.send(bytes(large));
            connection.send(bytes("b"));
        });
        expectWrites("a", large, "b");
    }

    @Test
    void whatIsHeldForAClientThatIsGoneIsReleased() throws Exception {
        ByteBuf frame = bytes("a");
        one.run(() -> {
            Connection connection = connection();
            connection.send(frame);
            connection.disconnected();
        });
        one.run(socket::finishAndReleaseAll);
        assertThat(frame.refCnt()).isZero();
    }
}
