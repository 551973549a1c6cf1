package io.roomwire.room;

import io.netty.buffer.ByteBuf;
import io.roomwire.auth.Authenticator;
import io.roomwire.auth.OpenAuthenticator;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.Settings;
import io.roomwire.connection.Connection;
import io.roomwire.history.MemoryLog;
import io.roomwire.history.RoomLog;
import io.roomwire.hook.BackEnd;
import io.roomwire.presence.LocalPresence;
import io.roomwire.presence.Presence;
import io.roomwire.relay.LocalRelay;
import io.roomwire.session.Session;
import io.roomwire.session.Sessions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The whole way of a broadcast to a room of one on a real loop, the socket aside: request, rights, log, order, fan-out. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteBench {
    private static final int BATCH = 100;

    private final byte[] broadcast = ("{\"type\":\"broadcast\",\"room_id\":\"room\",\"content\":\"" + "x".repeat(126)
                    + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    private final OneLoop one = new OneLoop();
    private final OneLoop.Socket socket = new OneLoop.Socket();
    private Session session;

    @Setup
    public void join() throws Exception {
        Config config = Config.of(Settings.load(null, Map.of(), Map.of("limits.messages-per-second", "0")));
        RoomLog log = new MemoryLog(config.memoryLog(), () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        Presence presence = new LocalPresence();
        Rooms rooms = new Rooms(config, List.of(one.loop), log, new LocalRelay(), presence, one.writer, one.metrics);
        Authenticator open = new OpenAuthenticator();
        Sessions sessions = new Sessions(
                config,
                open,
                new Revocations(0, System::currentTimeMillis),
                new BackEnd(config.hook()),
                rooms,
                log,
                presence,
                one.writer,
                one.metrics);
        session = one.call(() -> sessions.begin(
                new Connection("c", 1, socket, one.loop, one.metrics, Long.MAX_VALUE, false), open.withoutToken()));
        byte[] join = "{\"type\":\"join\",\"room_id\":\"room\",\"user_id\":\"alice\"}".getBytes(StandardCharsets.UTF_8);
        one.run(() -> session.onText(join, join.length));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int broadcast() throws Exception {
        one.run(() -> {
            for (int i = 0; i < BATCH; i++) {
                session.onText(broadcast, broadcast.length);
            }
        });
        return one.call(this::drain); // behind the end of the pass in which they were sent
    }

    private int drain() {
        int bytes = 0;
        for (ByteBuf each = socket.readOutbound(); each != null; each = socket.readOutbound()) {
            bytes += each.readableBytes();
            each.release();
        }
        return bytes;
    }

    @TearDown
    public void close() throws Exception {
        one.run(socket::finishAndReleaseAll);
        one.close();
    }
}
