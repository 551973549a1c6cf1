package io.roomwire.api;

import io.roomwire.config.OpsKeys;
import io.roomwire.ops.OpsServer;
import io.roomwire.ops.Rarely;
import io.roomwire.orders.Order;
import io.roomwire.orders.Orders;
import io.roomwire.presence.Presence;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Message;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import io.roomwire.room.Room;
import io.roomwire.room.Rooms;
import io.roomwire.session.Failure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the back end of an application asks for by the operations port, with a key (docs/back-end.md). Any thread
 * may call; no call blocks.
 */
public final class ServerApi implements OpsServer.Api {
    private static final Logger LOG = LoggerFactory.getLogger(ServerApi.class);

    /** The sender of a message for which the back end named none. */
    private static final UserId SERVER = new UserId("server");

    private final ApiKeys keys;
    private final Rooms rooms;
    private final Orders orders;
    private final boolean withoutTokens;
    private final Map<String, Call> calls = new LinkedHashMap<>();
    private final LongAdder refused = new LongAdder();
    private final Rarely refusedLogged = new Rarely();

    /** One path: the fields that a request may have, and what is done with them. */
    private record Call(Set<String> fields, Action action) {
        Call {
            fields = new TreeSet<>(fields); // complaints list them, in one order
        }
    }

    private interface Action {
        /** @throws RequestException if the fields cannot be used */
        CompletionStage<Map<String, Object>> run(ApiFields fields);
    }

    /** @param withoutTokens clients have none, so there is nothing to revoke */
    public ServerApi(OpsKeys keys, Rooms rooms, Presence presence, Orders orders, boolean withoutTokens) {
        RoomReports reports = new RoomReports(rooms, presence);
        this.keys = new ApiKeys(keys);
        this.rooms = rooms;
        this.orders = orders;
        this.withoutTokens = withoutTokens;
        calls.put(
                "/api/broadcast",
                new Call(Set.of(ApiFields.ROOM, ApiFields.CONTENT, ApiFields.SENDER, ApiFields.ID), this::broadcast));
        calls.put(
                "/api/disconnect",
                new Call(Set.of(ApiFields.USER), fields -> give(new Order.Disconnect(fields.user()))));
        calls.put("/api/remove", new Call(Set.of(ApiFields.USER, ApiFields.ROOM), fields -> give(removal(fields))));
        calls.put(
                "/api/revoke",
                new Call(Set.of(ApiFields.USER, ApiFields.ISSUED_BEFORE), fields -> give(revocation(fields))));
        calls.put("/api/rooms", new Call(Set.of(), fields -> CompletableFuture.completedFuture(reports.largest())));
        calls.put("/api/presence", new Call(Set.of(ApiFields.ROOM), fields -> reports.members(fields.room())));
    }

    /** Requests without a key that counts. */
    public long refused() {
        return refused.sum();
    }

    @Override
    public CompletionStage<OpsServer.Answer> answer(
            String method, String path, @Nullable String authorization, byte[] body) {
        if (keys.areMissing()) {
            return error(403, ErrorCode.FORBIDDEN, "the server API is off: set ops-keys (ROOMWIRE_OPS_KEYS) to use it");
        }
        if (!keys.admit(authorization)) {
            refused.increment();
            if (refusedLogged.now()) {
                LOG.warn("server API: {} requests in all without a key of ops-keys were refused", refused.sum());
            }
            return error(401, ErrorCode.UNAUTHORIZED, "send a key of ops-keys as Authorization: Bearer");
        }
        Call call = calls.get(path);
        if (call == null) {
            return error(404, ErrorCode.BAD_REQUEST, "here are " + String.join(" ", calls.keySet()));
        }
        if (!method.equals("POST")) {
            return error(405, ErrorCode.BAD_REQUEST, path + " is asked for by POST");
        }
        CompletionStage<Map<String, Object>> done;
        try {
            done = call.action().run(ApiFields.read(body, call.fields()));
        } catch (RequestException e) {
            done = CompletableFuture.failedFuture(e);
        }
        return done.handle((result, error) -> error == null ? new OpsServer.Answer(200, result) : failed(error));
    }

    private CompletionStage<Map<String, Object>> broadcast(ApiFields fields) {
        RoomId id = fields.room();
        Message message =
                new Message(0, System.currentTimeMillis(), fields.sender(SERVER), fields.id(), fields.content());
        long cameInNs = System.nanoTime();
        CompletableFuture<Map<String, Object>> stored = new CompletableFuture<>();
        rooms.with(
                id,
                message.content().length,
                room -> room.publish(message, cameInNs, new Room.Answer() {
                    @Override
                    public void stored(long seq, String otherEpoch) {
                        stored.complete(
                                room.isEphemeral()
                                        ? Map.of(ApiFields.ROOM, id.text())
                                        : Map.of(ApiFields.ROOM, id.text(), "seq", seq));
                    }

                    @Override
                    public void refused(Throwable error) {
                        stored.completeExceptionally(error);
                    }
                }),
                stored::completeExceptionally);
        return stored;
    }

    private static Order removal(ApiFields fields) {
        RoomId room = fields.room();
        if (room.isPersonal()) {
            throw new RequestException(
                    ErrorCode.BAD_REQUEST,
                    "room_id is a personal room, which its user cannot leave: disconnect the user");
        }
        return new Order.Remove(fields.user(), room);
    }

    private Order revocation(ApiFields fields) {
        if (withoutTokens) {
            throw new RequestException(
                    ErrorCode.BAD_REQUEST, "this node runs without authentication: there are no tokens to revoke");
        }
        return new Order.Revoke(fields.user(), fields.issuedBefore());
    }

    private CompletionStage<Map<String, Object>> give(Order order) {
        return orders.give(order)
                .thenApply(done -> Map.of("reaches", orders.reachAllNodes() ? "all nodes" : "this node"));
    }

    private static OpsServer.Answer failed(Throwable error) {
        RequestException told = Failure.told(error);
        return answer(told.code().httpStatus(), told.code(), told.message());
    }

    private static CompletionStage<OpsServer.Answer> error(int status, ErrorCode code, String message) {
        return CompletableFuture.completedFuture(answer(status, code, message));
    }

    private static OpsServer.Answer answer(int status, ErrorCode code, String message) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", "error");
        body.put("code", code.wireName());
        body.put("message", message);
        return new OpsServer.Answer(status, body);
    }
}
