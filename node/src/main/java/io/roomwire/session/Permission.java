package io.roomwire.session;

import io.roomwire.connection.Connection;
import io.roomwire.hook.BackEnd;
import io.roomwire.hook.Question;
import io.roomwire.protocol.Request;
import io.roomwire.protocol.RequestException;
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
    private @Nullable ArrayDeque<Request> waiting;

    private boolean asking;

    /** Whose requests these are. Called on the loop's thread. */
    interface Asker {
        /** A request's turn has come. */
        void handle(Request request);

        void refuse(RequestException error, Request request);
    }

    Permission(Connection connection, BackEnd backEnd, Asker asker) {
        this.connection = connection;
        this.backEnd = backEnd;
        this.asker = asker;
    }

    /** Whether the request has to wait for one before it; then it is handled later. */
    boolean holds(Request request) {
        if (asking) {
            if (waiting == null) {
                waiting = new ArrayDeque<>();
            }
            waiting.add(request);
        }
        return asking;
    }

    /** Runs the action once it is allowed, at once where that is known; it may throw {@link RequestException}. */
    void ask(Question question, Request request, Runnable action) {
        CompletableFuture<Void> answer = backEnd.permit(question);
        if (answer.isDone()) {
            answer.whenComplete((allowed, error) -> settle(request, action, error));
            return;
        }
        asking = true;
        connection.reading(false);
        answer.whenComplete((allowed, error) -> connection.loop().run(() -> {
            asking = false;
            if (connection.isClosing()) {
                waiting = null;
                connection.reading(true); // for the client's goodbye
                return;
            }
            settle(request, action, error);
            goOn();
        }));
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
        while (!asking && waiting != null && !waiting.isEmpty() && !connection.isClosing()) {
            asker.handle(waiting.remove());
        }
        if (!asking) {
            connection.reading(true);
        }
    }
}
