package io.roomwire.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What a client can ask for. A new request breaks the build until {@link Handler} and with it the session handles it.
 */
public sealed interface Request {
    /** Chosen by the client, comes back in the answer; null if it gave none. */
    @Nullable
    String id();

    /** The room that it is about, or null. */
    default @Nullable RoomId room() {
        return null;
    }

    /**
     * Calls the one method of the handler that is for this request.
     *
     * @param cameInNs when it was read from the socket, by {@link System#nanoTime}
     */
    void to(Handler handler, long cameInNs);

    /**
     * @param user null: the connection's user as it stands
     * @param after resume behind this seq; null: from now on
     * @param epoch the epoch in which {@code after} was seen; null: unknown
     * @param presence also get member events
     */
    record Join(
            @Nullable String id,
            RoomId room,
            @Nullable UserId user,
            @Nullable Long after,
            @Nullable String epoch,
            boolean presence)
            implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.join(this);
        }
    }

    record Leave(@Nullable String id, RoomId room) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.leave(this);
        }
    }

    /** @param content one JSON value, UTF-8 */
    @SuppressWarnings("ArrayRecordComponent") // as in Message
    record Broadcast(@Nullable String id, RoomId room, byte[] content) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.broadcast(this, cameInNs);
        }
    }

    /** @param content one JSON value, UTF-8 */
    @SuppressWarnings("ArrayRecordComponent") // as in Message
    record Direct(@Nullable String id, UserId recipient, byte[] content) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.direct(this, cameInNs);
        }
    }

    record History(@Nullable String id, RoomId room, Range range) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.history(this);
        }
    }

    record Presence(@Nullable String id, RoomId room) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.presence(this);
        }
    }

    record Auth(@Nullable String id, String token) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.auth(this);
        }

        @Override
        public String toString() {
            return "Auth[token hidden]"; // a token in a log is a token lost
        }
    }

    record Ping(@Nullable String id) implements Request {
        @Override
        public void to(Handler handler, long cameInNs) {
            handler.ping(this);
        }
    }

    /** One method a request. */
    interface Handler {
        void join(Join request);

        void leave(Leave request);

        void broadcast(Broadcast request, long cameInNs);

        void direct(Direct request, long cameInNs);

        void history(History request);

        void presence(Presence request);

        void auth(Auth request);

        void ping(Ping request);
    }
}
