package io.roomwire.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.roomwire.auth.OpenAuthenticator;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.connection.Connection;
import io.roomwire.connection.Loop;
import io.roomwire.history.LogUnavailableException;
import io.roomwire.history.MemoryLog;
import io.roomwire.history.RoomLog;
import io.roomwire.hook.BackEnd;
import io.roomwire.ops.Metrics;
import io.roomwire.presence.LocalPresence;
import io.roomwire.protocol.Deflate;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.relay.LocalRelay;
import io.roomwire.room.Rooms;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One session with everything behind it, in memory, and a log that may be unreadable. */
class SessionTest {
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Deflate deflate = new Deflate(UnpooledByteBufAllocator.DEFAULT, 0);
    private final Metrics metrics = new Metrics();
    private final Loop loop = new Loop(0, group.next(), deflate);
    private final EmbeddedChannel socket = new EmbeddedChannel();
    private volatile boolean isUnreadable;
    private Sessions sessions;
    private Session session;

    @BeforeEach
    void connect() throws Exception {
        Config config = Config.of(Settings.load(null, Map.of(), Map.of()));
        MemoryLog memory = new MemoryLog(config.memoryLog(), () -> 0);
        RoomLog log = (RoomLog) Proxy.newProxyInstance(
                SessionTest.class.getClassLoader(),
                new Class<?>[] {RoomLog.class},
                (proxy, method, args) -> isUnreadable && method.getName().equals("read")
                        ? CompletableFuture.failedFuture(new LogUnavailableException("unreadable"))
                        : method.invoke(memory, args));
        FrameWriter writer = new FrameWriter(UnpooledByteBufAllocator.DEFAULT);
        LocalPresence presence = new LocalPresence();
        Rooms rooms = new Rooms(config, List.of(loop), log, new LocalRelay(), presence, writer, metrics);
        OpenAuthenticator open = new OpenAuthenticator();
        Revocations revocations = new Revocations(1000, () -> 0);
        BackEnd backEnd = new BackEnd(config.hook());
        sessions = new Sessions(config, open, revocations, backEnd, rooms, log, presence, writer, metrics);
        begin(socket);
    }

    private void begin(EmbeddedChannel channel) throws Exception {
        onLoop(() -> {
            Connection connection = new Connection("c", 1, channel, loop, metrics, 1 << 20, false);
            session = sessions.begin(connection, new OpenAuthenticator().withoutToken());
        });
    }

    @AfterEach
    void close() throws Exception {
        onLoop(socket::finishAndReleaseAll);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        deflate.close();
        metrics.close();
    }

    private void onLoop(Runnable task) throws Exception {
        loop.eventLoop().submit(task).get(30, TimeUnit.SECONDS);
    }

    private void say(String json) throws Exception {
        byte[] text = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        onLoop(() -> session.onText(text, text.length));
    }

    /** All that came since. */
    private String heard() throws Exception {
        StringBuilder all = new StringBuilder();
        onLoop(() -> {
            for (ByteBuf each = socket.readOutbound(); each != null; each = socket.readOutbound()) {
                all.append(each.toString(StandardCharsets.UTF_8));
                each.release();
            }
        });
        return all.toString();
    }

    @Test
    void aPersonalRoomThatCannotBeResumedIsNotLost() throws Exception {
        say("{'type':'join','room_id':'lobby','user_id':'alice'}");
        say("{'type':'direct','user_id':'alice','content':'first'}");
        await().until(() -> heard().contains("first"));
        isUnreadable = true;

        say("{'type':'join','room_id':'@alice','after':0}");

        await().until(() -> heard().contains("unavailable"));
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            say("{'type':'direct','user_id':'alice','content':'second'}");
            assertThat(heard()).contains("second");
        });
    }

    @Test
    void whoWasShakingHandsWhenTheNodeBeganToDrainIsSentAwayToo() throws Exception {
        sessions.drain(0);
        onLoop(socket::finishAndReleaseAll);
        EmbeddedChannel late = new EmbeddedChannel();
        begin(late);
        await().untilAsserted(() -> {
            ByteBuf first =
                    loop.eventLoop().submit(() -> (ByteBuf) late.readOutbound()).get(30, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            assertThat(first.toString(StandardCharsets.UTF_8)).contains("reconnect");
            first.release();
        });
        onLoop(late::finishAndReleaseAll);
    }
}
