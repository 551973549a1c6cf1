package io.roomwire.session;

import io.roomwire.auth.Grant;
import io.roomwire.connection.Connection;
import io.roomwire.protocol.CloseCode;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.UserId;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What one client may do, and until when: by the token of its handshake, or of an {@code auth} frame, which may also renew
 * one that is about to run out.
 *
 * <p>Belongs to its connection's loop.
 */
final class Access {
    private final Connection connection;
    private final Sessions shared;
    private final Holder holder;
    private Grant grant = Grant.NONE;

    /** Of the user that a token has named; null before one has. */
    private Users.@Nullable Share share;

    /** One token of a connection is checked at a time: nobody fills the queue of checks alone. */
    private boolean checking;

    Access(Connection connection, Sessions shared, Holder holder) {
        this.connection = connection;
        this.shared = shared;
        this.holder = holder;
    }

    /** @param first what the handshake has brought; {@link Grant#NONE} if a token has to follow */
    void begin(Grant first) {
        if (first == Grant.NONE) {
            connection.deadline(System.currentTimeMillis() + shared.authTimeoutMs());
        } else {
            admit(first, null);
        }
    }

    /** @param request null if the token came in the handshake */
    private void admit(Grant first, Request.@Nullable Auth request) {
        UserId user = first.user();
        if (user != null) {
            share = shared.users().enter(user, first.limits());
            if (share == null) {
                connection.close(CloseCode.TOO_MANY_CONNECTIONS);
                return;
            }
        }
        hold(first, request);
        if (user != null) {
            holder.identified(user);
        }
        endIfRevoked();
    }

    /**
     * Asked after the session has its user and its grant, since a token may be revoked while it is checked: whoever revokes
     * it then finds the session, or is found here.
     */
    void endIfRevoked() {
        if (shared.revocations().cover(grant)) {
            connection.close(CloseCode.TOKEN_REVOKED);
        }
    }

    private void hold(Grant next, Request.@Nullable Auth request) {
        grant = next;
        connection.deadline(next.endsAtMs());
        if (share != null) {
            share.limit(next.limits().messagesPerSecond(), System.nanoTime());
        }
        if (request != null && next.user() != null) {
            connection.send(shared.writer().authenticated(request.id(), next.user(), next.expiresAtMs()));
        }
    }

    /** @throws RequestException {@code unauthorized} before a token has come, unless the request brings it */
    void check(Request request) {
        if (grant == Grant.NONE && !(request instanceof Request.Auth)) {
            throw new RequestException(
                    ErrorCode.UNAUTHORIZED, "send auth first, with a token, and wait for its answer");
        }
    }

    /** Whether a token has yet to come. */
    boolean isStranger() {
        return grant == Grant.NONE;
    }

    /** What holds now. */
    Grant grant() {
        return grant;
    }

    /** As {@link TokenBucket#take}, for all connections of the user. */
    long take(long nowNs) {
        return share == null ? 0 : share.take(nowNs);
    }

    void auth(Request.Auth request) {
        if (shared.authenticator().withoutToken() != Grant.NONE) {
            throw new RequestException(
                    ErrorCode.BAD_REQUEST, "this node runs without authentication: no token is needed");
        }
        if (checking) {
            throw new RequestException(ErrorCode.BAD_REQUEST, "one auth at a time: wait for the answer to the last");
        }
        InetAddress client = connection.client();
        if (client == null) {
            return; // gone already
        }
        checking = true;
        shared.authenticator()
                .authenticate(request.token(), client)
                .whenComplete((next, error) -> connection.loop().run(() -> {
                    checking = false;
                    if (!connection.isClosing()) {
                        checked(request, next, error);
                    }
                }));
    }

    private void checked(Request.Auth request, @Nullable Grant next, @Nullable Throwable error) {
        if (next == null) {
            RequestException why = Failure.told(error);
            holder.refuse(why, request);
            if (why.code() == ErrorCode.UNAUTHORIZED) {
                connection.close(CloseCode.NOT_AUTHENTICATED);
            } else if (why.code() == ErrorCode.FORBIDDEN) {
                connection.close(CloseCode.NOT_ALLOWED);
            }
        } else if (grant == Grant.NONE) {
            admit(next, request);
        } else if (grant.user() != null && grant.user().equals(next.user())) {
            hold(next, request);
            holder.rightsChanged();
            endIfRevoked();
        } else {
            holder.refuse(
                    new RequestException(ErrorCode.FORBIDDEN, "sub of the new token is not this connection's user"),
                    request);
        }
    }

    /** No token came in time, or the last one has run out. */
    void onDeadline() {
        if (grant == Grant.NONE) {
            connection.close(CloseCode.NOT_AUTHENTICATED, "no token came within auth.timeout");
        } else {
            connection.close(CloseCode.TOKEN_EXPIRED);
        }
    }

    void ended() {
        if (share != null && grant.user() != null) {
            shared.users().leave(grant.user());
        }
    }

    /** Who has the access. Called on the loop's thread. */
    interface Holder {
        /** The token has named the user; called once. */
        void identified(UserId user);

        /** A newer token has come, of the same user. */
        void rightsChanged();

        void refuse(RequestException error, Request request);
    }
}
