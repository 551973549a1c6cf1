package io.roomwire.session;

import io.roomwire.config.Hook.Event;
import io.roomwire.connection.Connection;
import io.roomwire.hook.BackEnd;
import io.roomwire.hook.Question;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
import io.roomwire.protocol.RoomId;
import io.roomwire.protocol.UserId;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The back end's permission for one client's requests. While it is asked, the client's later requests wait, so that
 * their order stays; what waits is bounded, since nothing more is read meanwhile.
 *
 * <p>Belongs to its connection's loop.
 */
final class Permission {
    private final Connection connection;
    private final BackEnd backEnd;
    private final Asker asker;

    /** Null while nothing ever waited, as for most. */
    private @Nullable ArrayDeque<Waiting> waiting;

    /** What is asked now; null while nothing is. Other threads read it. */
    private volatile @Nullable Question asked;

    /** The operator has taken the user out of the room that is asked about. */
    private boolean isRemoved;

    private record Waiting(Request request, long cameInNs) {}

    /** Whose requests these are. Called on the loop's thread. */
    interface Asker {
        /** The turn has come of a request that was read at that time, by {@link System#nanoTime}. */
        void handle(Request request, long cameInNs);

        void refuse(RequestException error, Request request);
    }

    Permission(Connection connection, BackEnd backEnd, Asker asker) {
        this.connection = connection;
        this.backEnd = backEnd;
        this.asker = asker;
    }

    /** Whether the request has to wait for one before it; then it is handled later. */
    boolean holds(Request request, long cameInNs) {
        if (asked == null) {
            return false;
        }
        if (waiting == null) {
            waiting = new ArrayDeque<>();
        }
        waiting.add(new Waiting(request, cameInNs));
        return true;
    }

    /** Whether the request that is asked about is one of that user; any thread may call. */
    boolean isAskedFor(UserId user) {
        Question now = asked;
        return now != null && now.user().equals(user);
    }

    /** The operator takes the user out of the room: a join that is not through yet counts as one before that. */
    void remove(RoomId room) {
        Question now = asked;
        isRemoved |= now != null && now.event() == Event.JOIN && room.equals(now.room());
    }

    /**
     * Runs the action once it is allowed, at once where that is known; it may throw {@link RequestException}. What may have
     * changed since the request came is the action's to look at.
     */
    void ask(Question question, Request request, Runnable action) {
        CompletableFuture<Void> answer = backEnd.permit(question);
        if (answer.isDone()) {
            answer.whenComplete((allowed, error) -> settle(request, action, error));
            return;
        }
        asked = question;
        isRemoved = false;
        connection.reading(false);
        answer.whenComplete((allowed, error) -> connection.loop().run(() -> {
            if (connection.isClosing()) {
                asked = null;
                waiting = null;
                connection.reading(true); // for the client's goodbye
                return;
            }
            settle(request, action, isRemoved && error == null ? taken() : error);
            asked = null; // after it: who looks for the user's connections finds the question, or the user that it
            // named
            goOn();
        }));
    }

    private static RequestException taken() {
        return new RequestException(ErrorCode.FORBIDDEN, "the operator has taken this user out of the room");
    }

    private void settle(Request request, Runnable action, @Nullable Throwable error) {
        try {
            if (error != null) {
                throw Failure.told(error);
            }
            action.run();
        } catch (RequestException e) {
            asker.refuse(e, request);
        }
    }

    private void goOn() {
        while (asked == null && waiting != null && !waiting.isEmpty() && !connection.isClosing()) {
            Waiting next = waiting.remove();
            asker.handle(next.request(), next.cameInNs());
        }
        if (asked == null) {
            connection.reading(true);
        }
    }
}
