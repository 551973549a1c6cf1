package io.roomwire.session;

import io.roomwire.auth.Authenticator;
import io.roomwire.auth.Grant;
import io.roomwire.auth.Revocations;
import io.roomwire.config.Config;
import io.roomwire.config.Config.Limits;
import io.roomwire.connection.Connection;
import io.roomwire.history.RoomLog;
import io.roomwire.hook.BackEnd;
import io.roomwire.ops.Metrics;
import io.roomwire.orders.Orders;
import io.roomwire.presence.Presence;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.FrameWriter;
import io.roomwire.protocol.IdRules;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.room.Rooms;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * All clients of this node, and what their sessions share.
 *
 * <p>Any thread may call, but for {@link #begin}.
 */
public final class Sessions implements Orders.Receiver {
    /** Other nodes are there at once; a client that waits has no service meanwhile. */
    private static final long COME_BACK_MS = 200;

    private final Set<Session> all = ConcurrentHashMap.newKeySet();
    private final Users users = new Users();

    /** Over how long clients are sent away; negative until the node drains. */
    private volatile long spreadMs = -1;

    private final Config config;
    private final Authenticator authenticator;
    private final Revocations revocations;
    private final BackEnd backEnd;
    private final Rooms rooms;
    private final History history;
    private final HttpRates httpRates;
    private final IdRules idRules;
    private final Quotas quotas;
    private final boolean keepsForLong;
    private final Presence presence;
    private final FrameWriter writer;
    private final Metrics metrics;

    public Sessions(
            Config config,
            Authenticator authenticator,
            Revocations revocations,
            BackEnd backEnd,
            Rooms rooms,
            RoomLog log,
            Presence presence,
            FrameWriter writer,
            Metrics metrics) {
        this.config = config;
        this.authenticator = authenticator;
        this.revocations = revocations;
        this.backEnd = backEnd;
        this.rooms = rooms;
        this.history = new History(rooms, log, writer, backEnd, revocations);
        this.httpRates = new HttpRates(config.limits(), System::nanoTime);
        this.idRules = new IdRules(config.bidiIds());
        this.quotas = new Quotas(config.limits().quota(), System::nanoTime);
        this.keepsForLong =
                config.redis().isSet() || !config.postgres().servers().isEmpty();
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
        if (spreadMs >= 0) { // it was shaking hands when the others were sent away
            sendAway(session, spreadMs);
        }
        return session;
    }

    /** Clients that are connected now. */
    public int count() {
        return all.size();
    }

    /**
     * Sends everybody away, each at a random moment of the next {@code spreadMs}: the other nodes then see a slope and not a
     * wall. So nobody need wait longer than for the jitter.
     */
    public void drain(long spreadMs) {
        this.spreadMs = spreadMs; // before the walk: who comes meanwhile sees it, or is seen
        for (Session session : all) {
            sendAway(session, spreadMs);
        }
    }

    private static void sendAway(Session session, long spreadMs) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long goMs = random.nextLong(spreadMs + 1);
        long comeBackMs = random.nextLong(Math.min(spreadMs, COME_BACK_MS) + 1);
        session.connection().loop().after(goMs, () -> session.sendAway(comeBackMs));
    }

    @Override
    public void disconnect(UserId user) {
        each(user, session -> session.connection().close(CloseCode.DISCONNECTED));
    }

    @Override
    public void remove(UserId user, RoomId room) {
        each(user, session -> session.remove(room));
    }

    @Override
    public void revoked(UserId user) {
        each(user, Session::endIfRevoked);
    }

    /** Looks at everybody: orders are rare, and an index of users would cost each connection. */
    private void each(UserId user, Consumer<Session> action) {
        for (Session session : all) {
            if (session.isOf(user)) {
                session.connection().loop().execute(() -> action.accept(session));
            }
        }
    }

    void ended(Session session) {
        all.remove(session);
    }

    public History history() {
        return history;
    }

    public HttpRates httpRates() {
        return httpRates;
    }

    public IdRules idRules() {
        return idRules;
    }

    Quotas quotas() {
        return quotas;
    }

    /** Whether what is said in that room lies in Redis or PostgreSQL; the log in memory has bounds of its own. */
    boolean keepsForLong(RoomId room) {
        return keepsForLong && !rooms.isEphemeral(room);
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

    BackEnd backEnd() {
        return backEnd;
    }

    Revocations revocations() {
        return revocations;
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

    public FrameWriter writer() {
        return writer;
    }

    Metrics metrics() {
        return metrics;
    }
}
