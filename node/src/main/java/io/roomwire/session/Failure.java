package io.roomwire.session;

import io.roomwire.history.LogUnavailableException;
import io.roomwire.ops.Rarely;
import io.roomwire.presence.PresenceUnavailableException;
import io.roomwire.protocol.ErrorCode;
import io.roomwire.protocol.RequestException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a client is told of a stage that failed. Any thread may call. */
public final class Failure {
    private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

    private static final Rarely UNAVAILABLE_LOGGED = new Rarely();

    private Failure() {}

    /**
     * The answer. What servers behind this node say is for the operator: it names hosts, ports, drivers and scripts, so it
     * goes into the log and not to clients. A failure that no code foresees is {@code internal} for them.
     */
    public static RequestException told(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof RequestException request) {
            return request;
        }
        if (cause instanceof LogUnavailableException) {
            if (UNAVAILABLE_LOGGED.now()) {
                LOG.warn("clients are told unavailable; the last: {}", cause.getMessage());
            }
            return new RequestException(ErrorCode.UNAVAILABLE, "not now, safe to send again with the same id");
        }
        if (cause instanceof PresenceUnavailableException) {
            if (UNAVAILABLE_LOGGED.now()) {
                LOG.warn("clients are not told who is here; the last: {}", cause.getMessage());
            }
            return new RequestException(ErrorCode.UNAVAILABLE, "who is here cannot be told now");
        }
        LOG.error("a request failed in a way that no code foresees: report this", cause);
        return new RequestException(ErrorCode.INTERNAL, "internal error, the node has logged it");
    }
}
