package io.roomwire.session;

import io.netty.buffer.ByteBuf;
import io.roomwire.auth.Authenticator;
import io.roomwire.auth.Grant;
import io.roomwire.config.Config;
import io.roomwire.config.Config.Limits;
import io.roomwire.connection.Connection;
import io.roomwire.history.Page;
import io.roomwire.history.RoomLog;
import io.roomwire.ops.Metrics;
import io.roomwire.presence.Presence;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Request;
import io.roomwire.room.Rooms;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All clients of this node, and what their sessions share.
 *
 * <p>Any thread may call, but for {@link #begin}.
 */
public final class Sessions {
    private final Set<Session> all = ConcurrentHashMap.newKeySet();
    private final Users users = new Users();
    private final Config config;
    private final Authenticator authenticator;
    private final Rooms rooms;
    private final RoomLog log;
    private final Presence presence;
    private final FrameWriter writer;
    private final Metrics metrics;

    public Sessions(
            Config config,
            Authenticator authenticator,
            Rooms rooms,
            RoomLog log,
            Presence presence,
            FrameWriter writer,
            Metrics metrics) {
        this.config = config;
        this.authenticator = authenticator;
        this.rooms = rooms;
        this.log = log;
        this.presence = presence;
        this.writer = writer;
        this.metrics = metrics;
    }

    /** A client came; called on its loop's thread. */
    public Session begin(Connection connection, Grant grant) {
        Session session = new Session(connection, this);
        all.add(session);
        metrics.connectionOpened();
        connection.start(session);
        session.begin(grant);
        return session;
    }

    /** Clients that are connected now. */
    public int count() {
        return all.size();
    }

    /**
     * Sends everybody away, each at a random moment of the next {@code spreadMs}, with a hint to come back as long after
     * that again: the other nodes then see a slope and not a wall.
     */
    public void drain(long spreadMs) {
        for (Session session : all) {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            long goMs = random.nextLong(spreadMs + 1);
            long comeBackMs = random.nextLong(spreadMs / 2 + 1);
            session.connection().loop().after(goMs, () -> session.sendAway(comeBackMs));
        }
    }

    void ended(Session session) {
        all.remove(session);
    }

    /** Reads a page and makes the answer of it, or hands on why not. */
    void history(Request.History request, BiConsumer<@Nullable ByteBuf, @Nullable Throwable> answer) {
        if (rooms.isEphemeral(request.room())) {
            answer.accept(writer.history(request.id(), request.room(), List.of(), false, 1), null);
            return;
        }
        log.read(request.room(), request.range()).whenComplete((page, error) -> {
            if (error != null) {
                answer.accept(null, error);
            } else {
                answer.accept(
                        writer.history(
                                request.id(), request.room(), page.messages(), hasMore(request, page), page.oldest()),
                        null);
            }
        });
    }

    private static boolean hasMore(Request.History request, Page page) {
        List<Message> messages = page.messages();
        if (messages.isEmpty()) {
            return false;
        }
        return request.range().forward()
                ? messages.get(messages.size() - 1).seq() < page.head().seq()
                : messages.get(0).seq() > page.oldest();
    }

    Limits limits() {
        return config.limits();
    }

    /** Time for a client to bring a token. */
    long authTimeoutMs() {
        return config.auth().timeoutMs();
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Users users() {
        return users;
    }

    Rooms rooms() {
        return rooms;
    }

    Presence presence() {
        return presence;
    }

    FrameWriter writer() {
        return writer;
    }

    Metrics metrics() {
        return metrics;
    }
}
