package io.roomwire.session;

import io.netty.buffer.ByteBuf;
import io.roomwire.auth.Grant;
import io.roomwire.auth.Right;
import io.roomwire.config.Config.Limits;
import io.roomwire.config.Hook.Event;
import io.roomwire.connection.Connection;
import io.roomwire.connection.PageTurns;
import io.roomwire.hook.Question;
import io.roomwire.ops.Metrics;
import io.roomwire.presence.Roster;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.room.JoinCall;
import io.roomwire.room.Membership;
import io.roomwire.room.Room;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One client: its user, its rooms, its rate. Each request becomes a call on a room, each answer a frame.
 *
 * <p>Belongs to its connection's loop; what comes back from rooms and logs on other threads goes through
 * {@link Connection#send}.
 */
public final class Session implements Request.Handler, Connection.Listener, Access.Holder, Permission.Asker {
    /** Refusals in a row after which a client that does not slow down has to go. */
    private static final int MAX_RATE_LIMITED = 1000;

    private static final long PERSONAL_ROOM_RETRY_MS = 1000;

    /** Requests for history, and resumes, that wait for their turn: each takes little, but a client that does not read goes on. */
    private static final int MAX_PAGES_IN_LINE = 1000;

    private static final long PAGES_RETRY_MS = 1000;

    /** What a client may send at once that has brought no token: one is enough, and pings. */
    private static final int STRANGERS_BURST = 40;

    private final Connection connection;
    private final Access access;
    private final Sessions shared;
    private final TokenBucket rate;

    /** The rooms that it is in or about to be in; few enough to be searched one by one, and to be copied by each change. */
    private List<Membership> memberships = List.of();

    /** Who this is; until {@link #isNamed}, only as long as a join that says so is under way. */
    private volatile @Nullable UserId user;

    /** A token or a join that was let in has named the user, for good. */
    private boolean isNamed;

    /** The personal room, entered unasked. */
    private @Nullable Membership personal;

    /** Null until the back end has to be asked: most nodes have none. */
    private volatile @Nullable Permission permission;

    private int errorsInARow;
    private int rateLimitedInARow;

    Session(Connection connection, Sessions shared) {
        this.connection = connection;
        this.shared = shared;
        access = new Access(connection, shared, this);
        Limits limits = shared.limits();
        rate = new TokenBucket(limits.messagesPerSecond(), limits.messagesBurst(), System.nanoTime());
    }

    /** What the client may do by its handshake; called once, before the first message. */
    void begin(Grant first) {
        access.begin(first);
    }

    /** Handles one text message: {@code length} bytes of valid UTF-8, which stay the caller's. */
    public void onText(byte[] json, int length) {
        assert connection.loop().inLoop();
        long cameInNs = System.nanoTime();
        metrics().messageReceived();
        boolean stranger = access.isStranger();
        long waitMs = stranger ? takeTurn(cameInNs) : 0;
        if (waitMs > 0) { // unread: to find its id would cost what the rate is there to save
            refuse(RequestException.rateLimited(waitMs), null, null);
            return;
        }
        Request request;
        try {
            request = shared.idRules().checked(connection.loop().reader().read(json, length));
        } catch (RequestException e) {
            waitMs = stranger ? 0 : takeTurn(cameInNs);
            refuse(waitMs > 0 ? RequestException.rateLimited(waitMs) : e, e.requestId(), null);
            countProtocolError();
            return;
        }
        errorsInARow = 0;
        waitMs = stranger ? 0 : takeTurn(cameInNs);
        Permission asking = permission;
        if (waitMs > 0) {
            refuse(RequestException.rateLimited(waitMs), request);
        } else if (asking == null || !asking.holds(request, cameInNs)) {
            handle(request, cameInNs);
        }
    }

    /** Whether the client has yet to bring a token, and so has nothing else to say. */
    public boolean isStranger() {
        assert connection.loop().inLoop();
        return access.isStranger();
    }

    /** Whether a ping frame is to be answered: it costs what a request costs, and counts as one. */
    public boolean mayPing() {
        assert connection.loop().inLoop();
        return takeTurn(System.nanoTime()) == 0;
    }

    /** How long the client has to wait in milliseconds, 0 for not at all; who never waits has to go. */
    private long takeTurn(long nowNs) {
        long waitMs = Math.max(rate.take(access.isStranger() ? strangersPrice() : 1, nowNs), access.take(nowNs));
        rateLimitedInARow = waitMs > 0 ? rateLimitedInARow + 1 : 0;
        if (rateLimitedInARow >= MAX_RATE_LIMITED) {
            connection.close(CloseCode.TOO_FAST);
        }
        return waitMs;
    }

    /** In requests. A stranger may ask 40 times at once and 20 times a second where the limits are those of the defaults. */
    private int strangersPrice() {
        return Math.max(1, shared.limits().messagesBurst() / STRANGERS_BURST);
    }

    @Override
    public void handle(Request request, long cameInNs) {
        try {
            access.check(request);
            request.to(this, cameInNs);
        } catch (RequestException e) {
            refuse(e, request);
        }
    }

    private void countProtocolError() {
        errorsInARow++;
        if (Limits.reached(shared.limits().protocolErrors(), errorsInARow)) {
            connection.close(CloseCode.TOO_MANY_ERRORS);
        }
    }

    @Override
    public void join(Request.Join request) {
        UserId me = userOf(request);
        RoomId id = request.room();
        allow(id, Right.JOIN, me);
        Membership before = find(id);
        int limit = shared.limits().roomsPerConnection();
        // The personal room is ours to give and counts for nobody.
        if (before == null && Limits.reached(limit, memberships.size() - 1)) {
            throw new RequestException(
                    ErrorCode.LIMIT_EXCEEDED, "too many rooms: limits.rooms-per-connection is " + limit);
        }
        if (id.isPersonal()) { // whose it is is the rule
            identifyAndEnter(id, me, request);
        } else {
            askFor(new Question(Event.JOIN, me, id, null), request, () -> {
                allow(id, Right.JOIN, me); // a fresh token may have come meanwhile
                identifyAndEnter(id, me, request);
            });
        }
    }

    /** Runs the action once the back end allows it; it may throw {@link RequestException}. */
    private void askFor(Question question, Request request, Runnable action) {
        if (!shared.backEnd().asks(question.event())) {
            action.run();
            return;
        }
        Permission asking = permission;
        if (asking == null) {
            asking = new Permission(connection, shared.backEnd(), this);
            permission = asking;
        }
        asking.ask(question, request, action);
    }

    private void identifyAndEnter(RoomId id, UserId me, Request.Join request) {
        if (user == null) {
            identify(me);
        }
        enter(id, me, request);
    }

    /** Whoever the request says, until the connection has a user. */
    private UserId userOf(Request.Join request) {
        UserId named = request.user();
        if (user == null) {
            if (named == null) {
                throw new RequestException(
                        ErrorCode.BAD_REQUEST, "user_id is missing: the first join names the connection's user");
            }
            return named;
        }
        if (named != null && !named.equals(user)) {
            throw new RequestException(ErrorCode.FORBIDDEN, "user_id is not this connection's user, " + user);
        }
        return user;
    }

    @Override
    public void identified(UserId named) {
        isNamed = true;
        identify(named);
    }

    private void identify(UserId named) {
        user = named;
        enter(RoomId.personalOf(named), named, null);
    }

    /** No join has been let in and none is under way: the user that they named is nobody here. */
    private void forgetUserUnlessNamed() {
        if (!isNamed && memberships.stream().allMatch(each -> each == personal)) {
            user = null;
            leaveAll();
        }
    }

    /** @param request null for the personal room, which is entered unasked */
    private void enter(RoomId id, UserId me, Request.@Nullable Join request) {
        Membership before = find(id);
        Membership member =
                new Membership(shared.rooms().shared(id), connection, me, request != null && request.presence());
        change(before, member);
        if (request == null) {
            personal = member;
        }
        JoinCall call = new JoinCall(
                member,
                before,
                request,
                mayReadPast(id),
                isNamed || request == null ? () -> {} : () -> connection.loop().run(() -> isNamed = true),
                error -> connection.loop().run(() -> notEntered(member, request, error)));
        shared.rooms().with(id, room -> room.join(call), error -> call.refused().accept(Failure.told(error)));
    }

    private void change(@Nullable Membership gone, @Nullable Membership come) {
        List<Membership> next = new ArrayList<>(memberships);
        if (gone != null) {
            next.remove(gone);
        }
        if (come != null) {
            next.add(come);
        }
        memberships = List.copyOf(next); // one that can grow would cost each connection 32 bytes more
    }

    /** Resuming reads what was said before, so it takes the same right as {@code history}. */
    private boolean mayReadPast(RoomId id) {
        return id.isPersonal() || access.grant().allows(id, Right.HISTORY);
    }

    private void notEntered(Membership member, Request.@Nullable Join request, RequestException error) {
        change(member, null);
        if (connection.isClosing()) {
            return;
        }
        if (request != null) {
            refuse(error, request);
            forgetUserUnlessNamed();
        }
        if (member.room().isPersonal()) {
            connection.loop().after(PERSONAL_ROOM_RETRY_MS, () -> {
                if (!connection.isClosing() && member.user().equals(user) && find(member.room()) == null) {
                    enter(member.room(), member.user(), null);
                }
            });
        }
    }

    /** What the new token no longer allows is left at once; the client learns it by a {@code left} that it did not ask for. */
    @Override
    public void rightsChanged() {
        for (Membership member : memberships) {
            if (!member.room().isPersonal() && !access.grant().allows(member.room(), Right.JOIN)) {
                leave(member, null);
            }
        }
    }

    @Override
    public void leave(Request.Leave request) {
        Membership member = requireMember(request.room());
        if (request.room().isPersonal()) {
            throw new RequestException(ErrorCode.FORBIDDEN, "your personal room cannot be left");
        }
        leave(member, request.id());
    }

    /** Whether this is a connection of that user now, or about to be; any thread may call. */
    boolean isOf(UserId other) {
        Permission asking = permission;
        return other.equals(user) || (asking != null && asking.isAskedFor(other));
    }

    /** The operator takes the user out of the room; as {@link #rightsChanged} does. */
    void remove(RoomId room) {
        Membership member = find(room);
        if (member != null) {
            leave(member, null);
        }
        Permission asking = permission;
        if (asking != null) {
            asking.remove(room);
        }
    }

    void endIfRevoked() {
        access.endIfRevoked();
    }

    private void leave(Membership member, @Nullable String requestId) {
        change(member, null);
        ByteBuf farewell = shared.writer().left(requestId, member.room());
        shared.rooms().with(member.room(), room -> room.leave(member, farewell), error -> connection.send(farewell));
    }

    @Override
    public void broadcast(Request.Broadcast request, long cameInNs) {
        Membership member = requireMember(request.room());
        allow(request.room(), Right.WRITE, member.user());
        askFor(new Question(Event.BROADCAST, member.user(), request.room(), request.content()), request, () -> {
            requireMember(request.room()); // it may have been taken out meanwhile, and a fresh token come
            allow(request.room(), Right.WRITE, member.user());
            publish(request, request.room(), member.user(), request.content(), cameInNs);
        });
    }

    @Override
    public void direct(Request.Direct request, long cameInNs) {
        if (user == null) {
            throw new RequestException(ErrorCode.BAD_REQUEST, "the first request has to be a join, it names the user");
        }
        UserId me = user;
        RoomId to = RoomId.personalOf(request.recipient());
        Rights.checkDirect(access.grant(), request.recipient());
        shared.quotas().direct(me, request.recipient());
        askFor(new Question(Event.BROADCAST, me, to, request.content()), request, () -> {
            Rights.checkDirect(access.grant(), request.recipient()); // as for a broadcast
            publish(request, to, me, request.content(), cameInNs);
        });
    }

    private void publish(Request request, RoomId id, UserId sender, byte[] content, long cameInNs) {
        Message message = new Message(0, System.currentTimeMillis(), sender, request.id(), content);
        boolean keptForLong = shared.keepsForLong(id);
        if (keptForLong) {
            shared.quotas().store(id, message);
        }
        shared.rooms()
                .with(
                        id,
                        content.length,
                        room -> room.publish(message, cameInNs, new Room.Answer() {
                            @Override
                            public void stored(long seq, String otherEpoch) {
                                if (seq == 1 && keptForLong) {
                                    shared.quotas().began(id, sender);
                                }
                                if (request.id() != null) {
                                    connection.send(shared.writer().ack(request.id(), id, seq, otherEpoch));
                                }
                            }

                            @Override
                            public void refused(Throwable error) {
                                refuse(Failure.told(error), request.id(), id);
                            }
                        }),
                        error -> refuse(Failure.told(error), request.id(), id));
    }

    @Override
    public void history(Request.History request) {
        Membership member = requireMember(request.room());
        PageTurns turns = shared.rooms().turns(connection.loop());
        if (turns.inLine(connection) >= MAX_PAGES_IN_LINE) {
            throw RequestException.rateLimited(PAGES_RETRY_MS);
        }
        turns.ask(
                connection,
                new PageTurns.Taker() {
                    @Override
                    public void onTurn() {
                        readPage(turns, this, member, request);
                    }

                    @Override
                    public void onTooLate() {
                        refuse(
                                new RequestException(ErrorCode.UNAVAILABLE, "too many others read what was said"),
                                request);
                    }
                },
                History.MOST_BYTES);
    }

    private void readPage(PageTurns turns, PageTurns.Taker turn, Membership member, Request.History request) {
        CompletionStage<History.Answer> page;
        try {
            requireMember(request.room());
            page = shared.history().read(access.grant(), member.user(), request);
        } catch (RequestException e) { // its rooms and rights may be others than when it asked
            page = CompletableFuture.failedFuture(e);
        }
        page.whenComplete((answer, error) -> connection.loop().run(() -> {
            if (error == null) {
                turns.write(connection, turn, answer.frame());
            } else {
                turns.end(connection, turn);
                refuse(Failure.told(error), request);
            }
        }));
    }

    @Override
    public void presence(Request.Presence request) {
        Membership member = requireMember(request.room());
        allow(request.room(), Right.PRESENCE, member.user());
        shared.presence().roster(request.room(), Roster.MOST).whenComplete((roster, error) -> {
            if (error != null) {
                refuse(Failure.told(error), request);
            } else {
                connection.send(
                        shared.writer().presence(request.id(), request.room(), roster.count(), roster.members()));
            }
        });
    }

    @Override
    public void auth(Request.Auth request) {
        access.auth(request);
    }

    @Override
    public void ping(Request.Ping request) {
        connection.send(shared.writer().pong(request.id()));
    }

    @Override
    public void onClosing() {
        leaveAll();
        access.ended();
        shared.ended(this);
    }

    private void leaveAll() {
        for (Membership member : memberships) {
            shared.rooms().with(member.room(), room -> room.leave(member, null), error -> {});
        }
        memberships = List.of();
    }

    @Override
    public void onDeadline() {
        access.onDeadline();
    }

    /** Tells the client to come back later, then says goodbye; see {@link Sessions#drain}. */
    void sendAway(long afterMs) {
        connection.send(shared.writer().reconnect(afterMs));
        connection.close(CloseCode.GOING_AWAY);
    }

    Connection connection() {
        return connection;
    }

    private Membership requireMember(RoomId id) {
        Membership member = find(id);
        if (member == null) {
            throw new RequestException(ErrorCode.NOT_IN_ROOM, "join the room first");
        }
        return member;
    }

    private void allow(RoomId room, Right right, UserId me) {
        Rights.check(access.grant(), me, room, right);
    }

    private @Nullable Membership find(RoomId id) {
        for (Membership each : memberships) {
            if (each.room().equals(id)) {
                return each;
            }
        }
        return null;
    }

    private Metrics metrics() {
        return shared.metrics();
    }

    @Override
    public void refuse(RequestException error, Request request) {
        refuse(error, request.id(), request.room());
    }

    private void refuse(RequestException error, @Nullable String id, @Nullable RoomId room) {
        metrics().error(error.code());
        connection.send(shared.writer().error(error, id, room));
    }
}
